import type { ClaimAtom, ManageOfferSuccess, OperationType, PathPaymentSuccess } from '../xdr/operations';
import type { AppliedOperation } from './operation';

/** The trades of an operation, and which amount it fixed. */
export interface Claims {
  readonly claims: readonly ClaimAtom[];
  /** The offer that the operation left in the book; undefined when it was fully taken, and for path payments. */
  readonly offerId: bigint | undefined;
  /** Path payments: whether the amount received is exact (strict receive), not the one sent. */
  readonly sellerIsExact: boolean | null;
}

const NONE: Claims = { claims: [], offerId: undefined, sellerIsExact: null };

const READERS: Readonly<Partial<Record<OperationType, (success: unknown) => Claims>>> = {
  manageSellOffer: offerClaims,
  manageBuyOffer: offerClaims,
  createPassiveSellOffer: offerClaims,
  pathPaymentStrictReceive: (success) => pathClaims(success, true),
  pathPaymentStrictSend: (success) => pathClaims(success, false),
};

/** The trades of an operation of a successful transaction; none for operation types that do not trade. */
export function claimsOf(at: AppliedOperation): Claims {
  const read = READERS[at.operation.body.type];
  const success = read === undefined ? undefined : at.success();
  return read === undefined || success === undefined ? NONE : read(success);
}

function offerClaims(success: unknown): Claims {
  const { offersClaimed, offer } = success as ManageOfferSuccess;
  return { claims: offersClaimed, offerId: offer.value?.offerId, sellerIsExact: null };
}

function pathClaims(success: unknown, sellerIsExact: boolean): Claims {
  return { claims: (success as PathPaymentSuccess).offers, offerId: undefined, sellerIsExact };
}

/** Key of the account whose offer was taken; undefined for a pool. */
export function sellerOf(claim: ClaimAtom): Uint8Array | undefined {
  if (claim.type === 'claimAtomTypeLiquidityPool') return undefined;
  return claim.type === 'claimAtomTypeV0' ? claim.value.sellerEd25519 : claim.value.sellerId.value;
}

/** Whether both amounts are zero; stellar-core lists such claims, too. */
export function isEmptyClaim({ value }: ClaimAtom): boolean {
  return value.amountSold === 0n && value.amountBought === 0n;
}
