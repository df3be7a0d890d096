import { STRKEY, accountStrkey, signedPayloadStrkey, strkey } from '../strkey';
import type { AccountEntry } from '../xdr/entries';
import type { SignerKey } from '../xdr/types';

/** Strkey of a signer: `G` account, `T` pre-authorized transaction, `X` hash, `P` signed payload. */
export function signerText(signer: SignerKey): string {
  switch (signer.type) {
    case 'signerKeyTypeEd25519':
      return accountStrkey(signer.value);
    case 'signerKeyTypePreAuthTx':
      return strkey(STRKEY.preAuthTx, signer.value);
    case 'signerKeyTypeHashX':
      return strkey(STRKEY.hashX, signer.value);
    case 'signerKeyTypeEd25519SignedPayload':
      return signedPayloadStrkey(signer.value);
  }
}

/** Sponsors of an account's signers, by signer; signers without one are not in it. */
export function signerSponsors(account: AccountEntry): ReadonlyMap<string, string> {
  const sponsors = new Map<string, string>();
  const { ext } = account;
  if (ext.type !== 1 || ext.value.ext.type !== 2) return sponsors;
  for (const [index, sponsor] of ext.value.ext.value.signerSponsoringIDs.entries()) {
    const signer = account.signers[index];
    if (sponsor !== undefined && signer !== undefined)
      sponsors.set(signerText(signer.key), accountStrkey(sponsor.value));
  }
  return sponsors;
}
