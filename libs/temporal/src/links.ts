/** Address of a workflow's page in the Web UI (its latest run). */
export function workflowUrl(uiUrl: string, namespace: string, workflowId: string): string {
  return `${base(uiUrl, namespace)}/${encodeURIComponent(workflowId)}`;
}

/**
 * Address of a list of workflows in the Web UI.
 * @param query visibility query, for example `ParquetryState="Parked" AND ExecutionStatus="Running"`
 * @param name title of the list in the UI (letters, digits, blanks, `_`, `.`, `-`)
 */
export function listUrl(uiUrl: string, namespace: string, query: string, name?: string): string {
  const saved = name === undefined ? '' : `&savedQuery=${encodeURIComponent(name)}`;
  return `${base(uiUrl, namespace)}?query=${encodeURIComponent(query)}${saved}`;
}

function base(uiUrl: string, namespace: string): string {
  return `${uiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
}
