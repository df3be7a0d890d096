import * as schemas from '@parquetry/schema';
import type { Shape } from '@parquetry/schema';
import type { MessagePlaces } from '../../message';

// Local copies: in CommonJS each use of a re-exported name is a call.
const { ESCAPED, FALSE, FRACTION, KIND, NUMBER, STRING, TRUE } = schemas;

/** No such value. */
export const NONE = -1;

/** Number of the value at a node of a shape, or `NONE`. Values are numbered in the order of their nodes. */
export function valueOf({ values }: Shape<unknown>, node: number): number {
  let low = 0;
  for (let high = values.length / 2; low < high;) {
    const middle = (low + high) >> 1;
    if ((values[2 * middle] as number) < node) low = middle + 1;
    else high = middle;
  }
  return values[2 * low] === node ? (values[2 * low + 1] as number) : NONE;
}

/** Whether the value at a node is a number without fraction and exponent. */
export function isWhole(shape: Shape<unknown>, node: number): boolean {
  return (headOf(shape, node) & (KIND | FRACTION)) === NUMBER;
}

/** Whether it is a number. */
export function isNumber(shape: Shape<unknown>, node: number): boolean {
  return (headOf(shape, node) & KIND) === NUMBER;
}

/** Whether it is a string without escapes. */
export function isPlainString(shape: Shape<unknown>, node: number): boolean {
  return (headOf(shape, node) & (KIND | ESCAPED)) === STRING;
}

/** Whether it is true or false. */
export function isBoolean(shape: Shape<unknown>, node: number): boolean {
  const kind = headOf(shape, node) & KIND;
  return kind === TRUE || kind === FALSE;
}

/** Whether the kernel can read the forms of ledger and close time. */
export function arePlain(shape: Shape<unknown>, places: MessagePlaces): boolean {
  const { ledgerNode, duplicateLedgerColumn, timeNode, timeTwin } = places;
  const missing = (node: number): boolean => node >= 0 && valueOf(shape, node) === NONE;
  if ([ledgerNode, duplicateLedgerColumn, timeNode, timeTwin].some(missing) || ledgerNode < 0 || timeNode < 0)
    return false;
  const ledgers = [ledgerNode, duplicateLedgerColumn].every((node) => node < 0 || isWhole(shape, node));
  return (
    ledgers &&
    [timeNode, timeTwin].every((node) => node < 0 || isWhole(shape, node) || isPlainString(shape, node))
  );
}

/** The text of a string that is part of a shape's literals; else undefined. */
export function literalText(
  shape: Shape<unknown>,
  node: number,
  literals: readonly Uint8Array[],
): Uint8Array | undefined {
  if (!isPlainString(shape, node)) return undefined;
  const { spans } = shape;
  for (let index = 0; index < spans.length; index += 5)
    if (spans[index] === node && spans[index + 1] === spans[index + 3])
      return literals[spans[index + 1] as number]?.subarray(
        (spans[index + 2] as number) + 1,
        (spans[index + 4] as number) - 1,
      );
  return undefined;
}

function headOf({ nodes }: Shape<unknown>, node: number): number {
  return nodes[node] as number;
}
