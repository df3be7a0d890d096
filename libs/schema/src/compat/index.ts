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
  type Compatibility,
  type CompatibilityOptions,
  checkCompatibility,
  parseMode,
} from './check';
export { COMPATIBILITY_MODES, type CompatibilityMode, DEFAULT_MODE } from './modes';
export { LAYOUT_COLUMNS, nameFaults } from './names';
export { parseTableSchema } from './parse';
export { rulesMarkdown } from './table';
export { type Outcome, READERS, type Reader, RULES, type Rule, type RuleId, type Verdict } from './rules';
