import { Random } from './random';
import { type Value, anything, column, lone, nearMiss, respelled } from './values';

/** Messages of one type: several batches, each in other ledgers, with the same columns. */
export interface Batches {
  readonly type: string;
  readonly batches: number;
  /** One message has the maximum length. */
  readonly huge: boolean;
  readonly lines: readonly GeneratedLine[];
}

/** One line of a source. */
interface GeneratedLine {
  readonly bytes: Buffer;
  /** It must be accepted. */
  readonly clean: boolean;
}

const KEYS = [
  'n',
  'Value',
  'value',
  'amount',
  'é',
  '',
  'a b',
  'x.y',
  'SELECT',
  'q\'"',
  'year',
  'rowid',
  'filename',
  'c0',
  'a_b',
  '__duckdb_field_id',
  '__DuckDB_Field_ID',
];
const TIME = 1_752_399_377;

/** The batches of one type; the same seed gives the same bytes. */
export function generate(seed: number, type: string, batches: number, huge: boolean): Batches {
  const random = new Random(seed);
  const columns = new Map<string, Value>();
  for (let count = 1 + random.below(7); count > 0; count -= 1) {
    const key = random.chance(2) ? `c${random.below(50)}` : random.pick(KEYS);
    columns.set(key, column(random));
  }
  const lines: GeneratedLine[] = [];
  const form = random.below(5);
  for (let batch = 0; batch < batches; batch += 1)
    for (let count = 1 + random.below(7); count > 0; count -= 1)
      lines.push(message(random, type, form, columns, 1_000 + batch * 10 + random.below(10)));
  if (huge) {
    const filler = random.pick(['x', 'é', '\\n', '\\u0000']);
    const size = Math.ceil(10_000_000 / Buffer.byteLength(filler));
    lines.push(line(`${head(random, type, 0, 1_001)},"huge":"${filler.repeat(size)}"}`, true));
  }
  return { type, batches, huge, lines };
}

function head(random: Random, type: string, form: number, ledger: number): string {
  const name = respelled(random, JSON.stringify(type));
  switch (form) {
    case 1:
      return `{"type":${name},"ledger":${respelled(random, `"${ledger}"`)},"closed_at":${TIME + ledger}${random.pick(['', '', '.0', 'e0'])}`;
    case 2:
      return `{ "_schema" : ${name} , "meta":{"ledgerSequence":${ledger}${random.pick(['', '', '.0', 'e0'])},"closedAt":${respelled(random, '"2025-07-13T09:36:17.5+02:00"')}}`;
    case 3:
      return `{"block_height":${ledger},"block_timestamp":"${TIME + ledger}123","message_type":${name}`;
    default:
      return `{"message_type":${name},"ledger_sequence":${ledger},"closed_at":"2025-07-13T09:36:17Z"`;
  }
}

function message(
  random: Random,
  type: string,
  form: number,
  columns: ReadonlyMap<string, Value>,
  ledger: number,
): GeneratedLine {
  const fields = [...columns]
    .filter(() => !random.chance(5))
    .map(([key, value]): [string, string] => [
      JSON.stringify(key),
      random.chance(9) ? 'null' : value(random),
    ]);
  if (random.chance(6)) fields.sort(() => random.below(3) - 1);
  let opening = head(random, type, form, ledger);
  let clean = true;
  if (random.chance(12)) {
    clean = false;
    opening = spoil(random, opening, fields, ledger);
  }
  const body = fields.map(([key, value]) => `${key}:${value}`).join();
  const wrapped = form === 4 && random.chance(2);
  const text = wrapped
    ? `${opening},${JSON.stringify(type)}:{${body}}}`
    : `${opening}${body === '' ? '' : ','}${body}}`;
  const made = line(text, clean);
  return random.chance(25) ? mutate(random, made.bytes) : made;
}

/** Damages a message in one of several ways. */
function spoil(random: Random, opening: string, fields: [string, string][], ledger: number): string {
  const field = fields.at(-1);
  switch (random.below(11)) {
    case 0:
      fields.push(['"dup"', '1'], ['"dup"', '2']);
      break;
    case 1:
      fields.push(['"lone"', lone(random)]);
      break;
    case 2:
      fields.push([random.pick(['"\\ud800"', `"${'k'.repeat(1_100)}"`]), '1']);
      break;
    case 3: {
      const depth = random.pick([150, 198, 199, 200, 1_000]);
      fields.push([
        '"deep"',
        random.chance(2)
          ? '['.repeat(depth) + ']'.repeat(depth)
          : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
      ]);
      break;
    }
    case 4:
      return opening.replace(
        String(ledger),
        random.pick(['-1', '0', '1e3', '1.5', '4294967296', 'null', '"x"', 'true']),
      );
    case 5:
      return opening.replace(
        /"2025[^"]*"/,
        random.pick([
          '"yesterday"',
          'null',
          '-5',
          '1e9',
          '"2025-07-13T09:36:17.1234567Z"',
          '99999999999999999',
        ]),
      );
    case 6:
      fields.push([`"case${random.below(3)}"`, '1'], [`"CASE${random.below(3)}"`, '2']);
      break;
    case 7:
      if (field !== undefined) field[1] = anything(3)(random);
      break;
    case 8:
    case 9:
      if (field !== undefined) field[1] = nearMiss(random);
      break;
    default:
      fields.push([`"late${random.below(4)}"`, anything(1)(random)]);
  }
  return opening;
}

function mutate(random: Random, bytes: Buffer): GeneratedLine {
  const edited = Buffer.from(bytes);
  for (let count = 1 + random.below(2); count > 0; count -= 1) {
    const byte = random.chance(2) ? random.below(256) : random.pick([...Buffer.from('{}[]",:\\0-.eE9')]);
    edited[random.below(edited.length)] = byte === 10 ? 32 : byte;
  }
  const cut = random.chance(5) ? edited.subarray(0, random.below(edited.length)) : edited;
  return { bytes: cut, clean: false };
}

function line(text: string, clean: boolean): GeneratedLine {
  return { bytes: Buffer.from(text), clean };
}
