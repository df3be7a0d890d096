// The benchmark's messages: nested contract_data, one JSON object a line, from a seed. A pure function of its
// arguments, so a cached file of the same name has the same bytes.
import { existsSync, mkdirSync, openSync, closeSync, renameSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { tmpdir } from 'node:os';

/** First ledger of the data; each has `MESSAGES_A_LEDGER` messages and closes 5 seconds after the one before. */
export const FIRST_LEDGER = 420_000;
export const MESSAGES_A_LEDGER = 125;
const FIRST_CLOSE = Date.UTC(2025, 6, 13, 1, 0, 0);

/** Where generated data is kept between runs; `PARQUETRY_BENCH` moves it. */
export function benchRoot() {
  return process.env.PARQUETRY_BENCH ?? path.join(tmpdir(), 'parquetry-bench');
}

/**
 * The data file of a number of messages, generated if it is missing, and its content. `descending`: the last ledger
 * comes first, so that no partition lies in order.
 */
export function messagesFile(messages, log = console.error, { descending = false } = {}) {
  const ledgers = Math.ceil(messages / MESSAGES_A_LEDGER);
  const order = descending ? '-descending' : '';
  const file = path.join(benchRoot(), 'data', `contract-data-${messages}${order}-v1.ndjson`);
  if (!existsSync(file)) {
    log(`Generating ${messages.toLocaleString('en')} messages in ${file} …`);
    generate(file, messages, descending);
  }
  const range = { start: FIRST_LEDGER, end: FIRST_LEDGER + ledgers - 1 };
  return { file, messages, bytes: statSync(file).size, ledgers, range };
}

function generate(file, messages, descending) {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  const handle = openSync(draft, 'w');
  const random = mulberry(20250713);
  let text = '';
  for (let index = 0; index < messages; index += 1) {
    text += message(descending ? messages - 1 - index : index, random);
    if (text.length > 4 << 20 || index === messages - 1) {
      writeSync(handle, text);
      text = '';
    }
  }
  closeSync(handle);
  renameSync(draft, file);
}

function message(index, random) {
  const ledger = FIRST_LEDGER + Math.floor(index / MESSAGES_A_LEDGER);
  const closed = new Date(FIRST_CLOSE + (ledger - FIRST_LEDGER) * 5000).toISOString().slice(0, 19);
  // Few contracts have most of the entries, as on the real network.
  const contract = contractId(Math.floor(random() ** 3 * 4000));
  const holder = contractId(4000 + Math.floor(random() ** 2 * 60_000));
  const amount = `${Math.floor(random() * 9e9)}${Math.floor(random() * 1e9)}`;
  const isBalance = random() < 0.35;
  const key = isBalance
    ? `{"type":"Vec","value":["Balance","${holder}"]}`
    : '{"type":"Sym","value":"Reserves"}';
  const val = isBalance
    ? `{"type":"Map","value":{"amount":"${amount}","authorized":true}}`
    : `{"type":"I128","value":"${amount}"}`;
  return (
    `{"contract_data":{"contract_id":"${contract}","contract_key_type":"${isBalance ? 'ScValTypeScvVec' : 'ScValTypeScvSymbol'}",` +
    `"contract_durability":"${random() < 0.8 ? 'ContractDataDurabilityPersistent' : 'ContractDataDurabilityTemporary'}",` +
    `"balance_holder":${isBalance ? `"${holder}"` : 'null'},"balance":${isBalance ? `"${amount}"` : 'null'},` +
    `"last_modified_ledger":${ledger},"ledger_entry_change":${Math.floor(random() * 3)},"deleted":${random() < 0.05},` +
    `"closed_at":"${closed}Z","ledger_key_hash":"${hex(random)}","key":${key},"val":${val}},` +
    `"ledger_sequence":${ledger},"message_type":"contract_data","processor_name":"contract_data_processor"}\n`
  );
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A contract's id: 56 characters that differ from each other's, as a strkey's do. */
function contractId(number) {
  const random = mulberry(number * 7919 + 17);
  let text = 'C';
  while (text.length < 56) text += BASE32[Math.floor(random() * 32)];
  return text;
}

function hex(random) {
  let text = '';
  while (text.length < 64)
    text += Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  return text;
}

/** A small seeded generator of numbers in [0, 1). */
function mulberry(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
