export { type AuditRequest, auditArchive } from './audit';
export type { AuditFinding, DatasetAudit } from './report';
