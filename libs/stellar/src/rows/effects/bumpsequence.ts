import type { EffectsOf } from './describe';

/** Effect on the first changed account; none when its sequence number stayed the same. */
export const bumpSequence: EffectsOf<'bumpSequence'> = (effects, _, at) => {
  for (const { before, after } of at.changes) {
    if (before?.data.type !== 'account' || after?.data.type !== 'account') continue;
    const { seqNum } = after.data.value;
    if (seqNum !== before.data.value.seqNum) effects.source('sequence_bumped', { new_seq: seqNum });
    return;
  }
};
