import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { type AllowList, assertArchive, assertSource } from './allowlist';

/**
 * Refuses an activity whose input names an archive or a source that the worker's allow list does not cover, before the
 * activity opens anything. A Temporal client chooses these inputs, so nothing about their form is assumed.
 */
export class AllowInterceptor implements ActivityInboundCallsInterceptor {
  constructor(private readonly allow: AllowList) {}

  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    for (const argument of input.args) assertLocations(this.allow, argument);
    return next(input);
  }
}

/** Checks `archive` and `source.uri` of a request, its `spec` and its `input`. @throws ParquetryError LOCATION_REFUSED */
export function assertLocations(allow: AllowList, request: unknown): void {
  if (!isRecord(request)) return;
  if ('archive' in request) assertArchive(allow, request['archive']);
  if ('source' in request)
    assertSource(allow, isRecord(request['source']) ? request['source']['uri'] : undefined);
  for (const name of ['spec', 'input']) assertLocations(allow, request[name]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
