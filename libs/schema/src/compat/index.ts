export { type ChangeKind, type SchemaChange, compareSchemas, describeChange } from './changes';
export { type ContractDecision, applyContract } from './contract';
export { mergeSchemas } from './merge';
export {
  type BreakingChange,
  type Compatibility,
  type CompatibilityOptions,
  checkCompatibility,
} from './check';
export { LAYOUT_COLUMNS, nameFaults } from './names';
export { parseTableSchema } from './parse';
export { rulesMarkdown } from './table';
export { type Outcome, READERS, type Reader, RULES, type Rule, type RuleId, type Verdict } from './rules';
