import type { ClaimPredicate } from '../xdr/operations';

/**
 * A claim predicate as stellar-etl's JSON: `{"unconditional":true}`, `{"and":[…]}`, `{"or":[…]}`, `{"not":…}`,
 * `{"abs_before":time,"abs_before_epoch":seconds}`, `{"rel_before":seconds}`; seconds are text.
 */
export function predicateJson(predicate: ClaimPredicate): string {
  switch (predicate.type) {
    case 'claimPredicateUnconditional':
      return '{"unconditional":true}';
    case 'claimPredicateAnd':
      return `{"and":[${predicate.value.map(predicateJson).join(',')}]}`;
    case 'claimPredicateOr':
      return `{"or":[${predicate.value.map(predicateJson).join(',')}]}`;
    case 'claimPredicateNot':
      return `{"not":${predicate.value === undefined ? 'null' : predicateJson(predicate.value)}}`;
    case 'claimPredicateBeforeAbsoluteTime':
      return `{"abs_before":"${goTime(predicate.value)}","abs_before_epoch":"${predicate.value}"}`;
    case 'claimPredicateBeforeRelativeTime':
      return `{"rel_before":"${predicate.value}"}`;
  }
}

/** Last second that a Date can hold, before or after 1970. */
const LAST_SECOND = 8_640_000_000_000n;

/** A time in ISO 8601; years outside 0000–9999 have a sign and more digits. The number when it is out of range. */
function goTime(seconds: bigint): string {
  if (seconds > LAST_SECOND || seconds < -LAST_SECOND) return String(seconds);
  return new Date(Number(seconds) * 1000)
    .toISOString()
    .replace('.000Z', 'Z')
    .replace(/^([+-])0*(?=\d{5})/, '$1');
}
