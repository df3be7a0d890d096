export { type AuditRequest, auditArchive } from './audit';
export { type KeptPlan, keptPlans, planFor } from './plans';
export { type Anchor } from './prove';
export { type ArchiveProof, proveArchive } from './rows';
export { findWaste, type Waste, type WasteKind } from './waste';
export type { AuditFinding, DatasetAudit } from './report';
