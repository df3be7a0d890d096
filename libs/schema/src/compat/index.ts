export { type ChangeKind, type SchemaChange, compareSchemas, describeChange } from './changes';
export {
  type Contract,
  type ContractDecision,
  type ContractMode,
  CONTRACT_MODES,
  DEFAULT_CONTRACT,
  applyContract,
} from './contract';
export { mergeSchemas } from './merge';
export {
  type BreakingChange,
  COMPATIBILITY_MODES,
  type Compatibility,
  type CompatibilityMode,
  type CompatibilityOptions,
  DEFAULT_MODE,
  checkCompatibility,
  parseMode,
} from './mode';
export { LAYOUT_COLUMNS, nameFaults } from './names';
export { parseTableSchema } from './parse';
export { rulesMarkdown } from './table';
export { type Outcome, READERS, type Reader, RULES, type Rule, type RuleId, type Verdict } from './rules';
