// Dictionary codes for text columns with few values: many columns of messages repeat their values, and a
// code has one byte where a value has thirty.
import {
  DICTIONARY_BYTES, DICTIONARY_COUNT, DICTIONARY_LIMIT, DICTIONARY_MASK, DICTIONARY_PLACES, DICTIONARY_ROOM,
  DICTIONARY_TABLE, DICTIONARY_USED,
} from './layout';
import { same } from './bytes';

/** No code: the dictionary is full. */
export const NO_CODE: u32 = 0xffffffff;

/** Maximum slots probed for a value. Values crafted to collide fill the dictionary, but cost no more. */
const PROBES: u32 = 32;
const FACTOR: u64 = 0x9e3779b97f4a7c15;

/** The code of the value `[start, start + size)`; a new value is added if it fits. May read whole vectors. */
export function codeOf(dictionary: usize, start: usize, size: u32): u32 {
  const table = load<u32>(dictionary, DICTIONARY_TABLE) as usize;
  const mask = load<u32>(dictionary, DICTIONARY_MASK);
  const places = load<u32>(dictionary, DICTIONARY_PLACES) as usize;
  const bytes = load<u32>(dictionary, DICTIONARY_BYTES) as usize;
  let slot = hashOf(start, size) & mask;
  for (let probe: u32 = 0; probe < PROBES; probe++) {
    const code = load<u16>(table + ((slot as usize) << 1)) as u32;
    if (code == 0) return add(dictionary, table + ((slot as usize) << 1), start, size);
    const known = bytes + (load<u32>(places + (((code - 1) as usize) << 2)) as usize);
    if (load<u32>(known) == size && same(known + 4, start, size as usize)) return code - 1;
    slot = (slot + 1) & mask;
  }
  return NO_CODE;
}

function add(dictionary: usize, slot: usize, start: usize, size: u32): u32 {
  const count = load<u32>(dictionary, DICTIONARY_COUNT);
  const used = load<u32>(dictionary, DICTIONARY_USED);
  const room = load<u32>(dictionary, DICTIONARY_ROOM);
  if (count >= load<u32>(dictionary, DICTIONARY_LIMIT) || room - used < 4 || room - used - 4 < size) return NO_CODE;
  const to = (load<u32>(dictionary, DICTIONARY_BYTES) as usize) + (used as usize);
  store<u32>(to, size);
  // Copies whole vectors: a dictionary has padding after its last value.
  for (let done: usize = 0; done < (size as usize); done += 16) v128.store(to + 4 + done, v128.load(start + done));
  store<u32>((load<u32>(dictionary, DICTIONARY_PLACES) as usize) + ((count as usize) << 2), used);
  store<u16>(slot, (count + 1) as u16);
  store<u32>(dictionary, used + 4 + size, DICTIONARY_USED);
  store<u32>(dictionary, count + 1, DICTIONARY_COUNT);
  return count;
}

function hashOf(start: usize, size: u32): u32 {
  let hash = (size as u64) * FACTOR;
  if (size >= 8) {
    const last = start + (size as usize) - 8;
    for (let at = start; at < last; at += 8) hash = rotl<u64>(hash ^ load<u64>(at), 29) * FACTOR;
    hash = (hash ^ load<u64>(last)) * FACTOR;
  } else if (size > 0) hash = (hash ^ (load<u64>(start) << ((8 - size) << 3))) * FACTOR;
  // The low bits of a product don't depend on the high bits of its factors, which hold the last bytes of a value.
  hash = (hash ^ (hash >> 32)) * FACTOR;
  return (hash >> 32) as u32;
}
