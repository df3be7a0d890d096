import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseDataset } from '@parquetry/archive';
import type { TableSchema } from '@parquetry/schema';
import { type InspectedMessage, inspectNdjson } from '@parquetry/source';
import { openStore } from '@parquetry/storage';
import type { RunSpec } from '@parquetry/workflows';
import { indexRange, runMessages } from './indexrange';
import { Verdict } from './verdict';

/**
 * Runs a backfill of NDJSON files up to the rows, and reports the outcome of each message. Writes nothing to the
 * archive; a missing archive counts as a new one.
 * @returns the counts, and the schema of each dataset
 * @throws the errors of `indexRange`
 */
export async function inspectMessages(
  requested: RunSpec,
  options: { readonly signal: AbortSignal; readonly onMessage: (message: InspectedMessage) => void },
): Promise<{ readonly verdict: Verdict; readonly schemas: Readonly<Record<string, TableSchema>> }> {
  const { signal } = options;
  const workDir = await mkdtemp(path.join(tmpdir(), 'parquetry-inspect-'));
  try {
    const indexed = await indexRange(openStore(requested.archive), requested, {
      workDir,
      signal,
      empty: true,
    });
    const { spec, index } = indexed;
    const byType = new Map(index.datasets.map((entry) => [parseDataset(entry.dataset).messageType, entry]));
    const verdict = new Verdict(spec);
    await inspectNdjson({
      spec: spec.source.uri.slice('ndjson:'.length),
      options: runMessages(indexed),
      schemas: new Map([...byType].map(([type, { schema }]) => [type, schema])),
      range: spec.range,
      ...(spec.types === undefined ? {} : { types: spec.types }),
      layout: spec.settings.layout,
      workDir,
      signal,
      onMessage: (found) => {
        const { dataset: type } = found;
        const message = type === undefined ? found : { ...found, dataset: byType.get(type)?.dataset ?? type };
        verdict.add(message);
        options.onMessage(message);
      },
    });
    return {
      verdict,
      schemas: Object.fromEntries(index.datasets.map(({ dataset, schema }) => [dataset, schema])),
    };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
