export { auditArchive, ownLedgers } from './audit';
export { joinChain } from './chain';
export { type KeptPlan, keptPlans, planFor, requestedLedgers } from './plans';
export { type Anchor } from './prove';
export { type ArchiveProof, proveArchive } from './rows';
export { leftFolders } from './stages';
export { type Collected, collectWaste, findWaste, type Waste } from './waste';
export type { AuditFinding, DatasetAudit, LumenProof, RowHashCheck } from './report';
export { countRejects, type RejectCache, type RejectData } from './rejects';
export { newRejects } from './newrejects';
export { compareArchives, type CompareRequest, type DatasetComparison, isEqual } from './compare/compare';
export { ledgerDifferences, type RowDifference } from './compare/rows';
export { type Envelope, seal, unseal } from './attest/dsse';
export {
  type ArchiveStatement,
  archiveStatement,
  checkStatement,
  inclusionProof,
  parseStatement,
} from './attest/statement';
