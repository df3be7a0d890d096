import { entryKey } from '../entrykey';
import type { AppliedOperation } from '../operation';
import type { EffectsOf } from './describe';

export const extendFootprintTtl: EffectsOf<'extendFootprintTtl'> = (effects, { extendTo }, at) =>
  effects.source('extend_footprint_ttl', { entries: ttlKeys(at), extend_to: extendTo });

export const restoreFootprint: EffectsOf<'restoreFootprint'> = (effects, _, at) =>
  effects.source('restore_footprint', { entries: ttlKeys(at) });

/** Ledger keys of the time-to-live entries that the operation wrote, base64. */
function ttlKeys(at: AppliedOperation): string[] {
  return at.changes.flatMap(({ after }) =>
    after?.data.type === 'ttl'
      ? [Buffer.from(entryKey(at.ledger.bytes, after.data), 'latin1').toString('base64')]
      : [],
  );
}
