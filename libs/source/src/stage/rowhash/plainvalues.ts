import type { ColumnContent } from '../plain/column';
import { Copier, scratchForCopies } from './scratch';

/** Values without codes. */
export interface PlainValues {
  readonly bytes: Buffer;
  /** They are known to be equal. */
  readonly constant: boolean;
}

/** The values that lie in `[start, end)` of a column's values: those themselves, or a copy if there are codes among them. */
export function plainValues(content: ColumnContent, start: number, end: number): PlainValues {
  const { values, stretches } = content;
  const pieces: { bytes: Buffer; coded: boolean }[] = [];
  let from = start;
  for (const { coded, byte } of stretches) {
    if (byte <= from) continue;
    const to = Math.min(byte, end);
    pieces.push({ bytes: values.subarray(from, to), coded });
    from = to;
    if (from === end) break;
  }
  const [only] = pieces;
  if (only === undefined) return { bytes: values.subarray(0, 0), constant: true };
  if (pieces.length === 1)
    return only.coded ? expanded(content.dictionary, only.bytes) : { bytes: only.bytes, constant: false };
  const bytes = Buffer.concat(
    pieces.map(({ bytes: own, coded }) => (coded ? expanded(content.dictionary, own).bytes : own)),
  );
  return { bytes, constant: false };
}

/** Codes as the values of a dictionary, in which each value follows its length. */
function expanded(dictionary: Buffer, codes: Buffer): PlainValues {
  let most = 0;
  for (let index = 0; index < codes.length; index += 1)
    if ((codes[index] as number) > most) most = codes[index] as number;
  const starts = new Uint32Array(most + 2);
  for (let code = 0; code <= most; code += 1) {
    const at = starts[code] as number;
    starts[code + 1] = at + 4 + dictionary.readUInt32LE(at);
  }
  let [size, constant] = [0, true];
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] as number;
    size += (starts[code + 1] as number) - (starts[code] as number);
    if (code !== codes[0]) constant = false;
  }
  const target = scratchForCopies(size);
  const bytes = target.subarray(0, size);
  if (constant) {
    const code = codes[0] as number;
    bytes.fill(dictionary.subarray(starts[code], starts[code + 1]));
    return { bytes, constant };
  }
  const copier = new Copier(dictionary, target);
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] as number;
    copier.copy(starts[code] as number, starts[code + 1] as number);
  }
  return { bytes, constant };
}
