import { describe } from './describe';
import { FOOTPRINT_MEMBERS, footprintContract, putFootprint } from './footprint';

export const extendFootprintTtl = describe<'extendFootprintTtl'>({
  code: 25,
  name: 'extend_footprint_ttl',
  members: [...FOOTPRINT_MEMBERS, 'type', 'extend_to', 'contract_id'],
  fill(details, { extendTo }, at) {
    details['type'] = 'extend_footprint_ttl';
    details['extend_to'] = extendTo;
    putFootprint(details, at);
    details['contract_id'] = footprintContract(at);
  },
});
