import { accountStrkey } from '../../strkey';
import type { Details } from '../details';
import { signerText } from '../signer';
import { goText } from '../gotext';
import { describe } from './describe';
import { ACCOUNT_FLAGS, FLAG_MEMBERS, putFlags } from './flags';

export const setOptions = describe<'setOptions'>({
  code: 5,
  name: 'set_options',
  members: [
    ...FLAG_MEMBERS,
    'inflation_dest',
    'master_key_weight',
    'low_threshold',
    'med_threshold',
    'high_threshold',
    'home_domain',
    'signer_key',
    'signer_weight',
  ],
  fill(details, body) {
    putFlags(details, 'set_flags', ACCOUNT_FLAGS, body.setFlags);
    putFlags(details, 'clear_flags', ACCOUNT_FLAGS, body.clearFlags);
    if (body.inflationDest !== undefined) details['inflation_dest'] = accountStrkey(body.inflationDest.value);
    putNumber(details, 'master_key_weight', body.masterWeight);
    putNumber(details, 'low_threshold', body.lowThreshold);
    putNumber(details, 'med_threshold', body.medThreshold);
    putNumber(details, 'high_threshold', body.highThreshold);
    if (body.homeDomain !== undefined) details['home_domain'] = goText(body.homeDomain);
    if (body.signer === undefined) return;
    details['signer_key'] = signerText(body.signer.key);
    details['signer_weight'] = body.signer.weight;
  },
});

function putNumber(details: Details, name: string, value: number | undefined): void {
  if (value !== undefined) details[name] = value;
}
