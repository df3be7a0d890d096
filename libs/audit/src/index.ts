export { type AuditRequest, auditArchive } from './audit';
export { type KeptPlan, keptPlans, planFor } from './plans';
export { type Anchor, type RowProof } from './prove';
export { proveArchive } from './rows';
export { findWaste, type Waste, type WasteKind } from './waste';
export type { AuditFinding, DatasetAudit } from './report';
