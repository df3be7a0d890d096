import type { Client } from '@temporalio/client';

/** Everything that Temporal keeps of all workflows, as text: histories with their payloads, memos, attributes, ids. */
export async function temporalTexts(client: Client): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const info of client.workflow.list()) {
    const { workflowId, runId } = info;
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const described = `${workflowId} ${JSON.stringify(info.memo)} ${JSON.stringify(info.searchAttributes)}`;
    found.set(`${workflowId} ${runId}`, `${described}\n${textsIn(history).join('\n')}`);
  }
  return found;
}

/** All strings and bytes of a value. */
function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value !== 'object' || value === null || depth > 30) return [];
  return Object.values(value).flatMap((part: unknown) => textsIn(part, depth + 1));
}
