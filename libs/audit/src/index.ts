export { auditArchive, ownLedgers } from './audit';
export { joinChain } from './chain';
export { type KeptPlan, keptPlans, planFor, requestedLedgers } from './plans';
export { type Anchor } from './prove';
export { type ArchiveProof, proveArchive } from './rows';
export { leftFolders } from './stages';
export { findWaste, type Waste } from './waste';
export type { AuditFinding, DatasetAudit, LumenProof } from './report';
