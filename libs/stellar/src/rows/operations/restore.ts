import { describe } from './describe';
import { FOOTPRINT_MEMBERS, footprintContract, putFootprint } from './footprint';

export const restoreFootprint = describe<'restoreFootprint'>({
  code: 26,
  name: 'restore_footprint',
  members: [...FOOTPRINT_MEMBERS, 'type', 'contract_id'],
  fill(details, _, at) {
    details['type'] = 'restore_footprint';
    putFootprint(details, at);
    details['contract_id'] = footprintContract(at);
  },
});
