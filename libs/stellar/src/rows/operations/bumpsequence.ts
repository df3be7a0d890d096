import { describe } from './describe';

export const bumpSequence = describe<'bumpSequence'>({
  code: 11,
  name: 'bump_sequence',
  members: ['bump_to'],
  fill(details, { bumpTo }) {
    details['bump_to'] = bumpTo;
  },
});
