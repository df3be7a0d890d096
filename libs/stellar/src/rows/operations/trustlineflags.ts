import { accountStrkey } from '../../strkey';
import { allNames, assetNamesWithId, putAsset } from '../put';
import { describe } from './describe';
import { FLAG_MEMBERS, TRUSTLINE_FLAGS, putFlags } from './flags';

const ASSET = assetNamesWithId('');

export const setTrustLineFlags = describe<'setTrustLineFlags'>({
  code: 21,
  name: 'set_trust_line_flags',
  members: [...allNames(ASSET), ...FLAG_MEMBERS, 'trustor'],
  fill(details, { trustor, asset, setFlags, clearFlags }) {
    details['trustor'] = accountStrkey(trustor.value);
    putAsset(details, ASSET, asset);
    putFlags(details, 'set_flags', TRUSTLINE_FLAGS, setFlags);
    putFlags(details, 'clear_flags', TRUSTLINE_FLAGS, clearFlags);
  },
});
