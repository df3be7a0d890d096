import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { formatRange } from '@parquetry/core';
import { probeSource } from '@parquetry/worker';
import type { SpecFound } from './spec';
import { type Check, failure, fault, ok, warning } from './finding';

/** Checks that a source exists and has ledgers, and that the configured range is among them. */
export function sourceCheck({ spec, error }: SpecFound, ranged: boolean): Check {
  return {
    name: 'source',
    run: async (limits) => {
      if (error !== undefined) return [failure(error)];
      if (spec === undefined)
        return [
          warning('Not checked: no source is set.', 'Add --source, or --config with a file that has one.'),
        ];
      const { uri } = spec.source;
      const workDir = await mkdtemp(path.join(tmpdir(), 'parquetry-doctor-'));
      try {
        const found = await probeSource(spec, { ...limits, workDir });
        if (found === undefined) return [ok(`${uri} answers requests for ranges; it was not asked.`)];
        const { first, last, complete } = found;
        if (first === undefined || last === undefined)
          return [
            fault(`${uri} has no ledgers.`, 'Check the path, and that messages have a type and a ledger.'),
          ];
        const text = `${uri}: first ledger ${first}, last ledger ${last}${complete ? '' : ', as far as it was read'}`;
        const { range } = spec;
        if (ranged && complete && (range.start < first || range.end > last))
          return [
            warning(
              `${text}; the configured range is ${formatRange(range)}.`,
              'Ledgers outside the source fail (lakes, nodes) or are empty (messages). Correct --ledgers.',
            ),
          ];
        return [ok(`${text}.`)];
      } finally {
        await rm(workDir, { recursive: true, force: true });
      }
    },
  };
}
