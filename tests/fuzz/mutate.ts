import type { Random } from './random';

const LENGTHS = [0, 1, 3, 0x7f, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** Some edits of bytes: flipped bits, other bytes and lengths, cuts, copies, insertions. Never the same object. */
export function mutateBytes(random: Random, bytes: Uint8Array, most = 3): Buffer {
  let edited: Buffer = Buffer.from(bytes);
  for (let count = 1 + random.below(most); count > 0; count -= 1) edited = edit(random, edited);
  return edited;
}

function edit(random: Random, bytes: Buffer): Buffer {
  if (bytes.length === 0) return noise(random, 1 + random.below(16));
  const at = random.below(bytes.length);
  const size = 1 + random.below(random.chance(4) ? bytes.length - at : Math.min(16, bytes.length - at));
  switch (random.below(10)) {
    case 0:
    case 1:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return bytes;
    case 2:
      bytes[at] = random.below(256);
      return bytes;
    case 3:
    case 4: {
      const field = Buffer.alloc(random.pick([2, 4, 8]));
      const value = random.pick(LENGTHS);
      if (field.length === 2) field.writeUInt16BE(value & 0xffff);
      else field.writeUInt32BE(value, field.length - 4);
      if (random.chance(2)) field.reverse();
      // Most formats align their lengths.
      field.copy(bytes, random.chance(2) ? at & ~3 : at);
      return bytes;
    }
    case 5:
      return bytes.subarray(0, at);
    case 6:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
    case 7:
      return Buffer.concat([bytes.subarray(0, at), noise(random, size), bytes.subarray(at)]);
    case 8:
      return Buffer.concat([bytes.subarray(0, at + size), bytes.subarray(at)]);
    default: {
      const from = random.below(bytes.length);
      bytes.copy(bytes, at, from, Math.min(bytes.length, from + size));
      return bytes;
    }
  }
}

/** Random bytes. */
export function noise(random: Random, size: number): Buffer {
  return Buffer.from(Array.from({ length: Math.min(size, 4096) }, () => random.below(256)));
}

/** JSON values in place of others, absurd ones included. */
const HOSTILE: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => false,
  () => 0,
  () => -1,
  () => 1.5,
  () => 1e308,
  () => 2 ** 53,
  () => 4_294_967_296,
  () => Number.MIN_SAFE_INTEGER,
  () => '',
  () => '0',
  () => 'x'.repeat(5000),
  () => '..',
  () => '../../../etc/passwd',
  () => '/etc/passwd',
  () => '%2e%2e%2fescape',
  () => 'file:///etc/passwd',
  () => '\ud800',
  () => '\0',
  () => '"; DROP TABLE x; --',
  () => '__proto__',
  () => 'constructor',
  () => [],
  () => [null],
  () => {
    let value: unknown = 1;
    for (let depth = 0; depth < 400; depth += 1) value = [value];
    return value;
  },
  () => ({}),
  () => ({ length: 4_294_967_295 }),
  () => JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as unknown,
];

/** An absurd JSON value. */
export function hostile(random: Random): unknown {
  return random.pick(HOSTILE)();
}

/** A copy of a JSON value with some of its values replaced, removed, doubled or swapped. */
export function mutateJson(random: Random, value: unknown, most = 2): unknown {
  const box = { value: structuredClone(value) };
  for (let count = 1 + random.below(most); count > 0; count -= 1) editJson(random, box);
  return box.value;
}

/** What a client may send instead of a valid JSON value: now and then nothing, or an absurd value. */
export function mutatePayload(random: Random, valid: unknown): unknown {
  if (random.chance(12)) return random.chance(3) ? undefined : hostile(random);
  return mutateJson(random, valid);
}

type Holder = Record<string, unknown>;

function editJson(random: Random, box: { value: unknown }): void {
  const places: [Holder, string][] = [];
  const visit = (holder: Holder, key: string, depth: number): void => {
    places.push([holder, key]);
    const inner = holder[key];
    if (typeof inner !== 'object' || inner === null || depth > 50 || places.length > 2000) return;
    for (const name of Object.keys(inner)) visit(inner as Holder, name, depth + 1);
  };
  visit(box as unknown as Holder, 'value', 0);
  const [holder, key] = random.pick(places);
  const found = holder[key];
  switch (random.below(7)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      return;
    case 1:
      if (Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(found));
      else define(holder, `${key}${random.pick(['', '2', ' '])}x`, structuredClone(found));
      return;
    case 2: {
      const [other, name] = random.pick(places);
      // A value inside itself would be a cycle.
      holder[key] = structuredClone(other[name]);
      return;
    }
    case 3:
      if (typeof found === 'number')
        holder[key] = found + random.pick([1, -1, 0.5, 1e15, -found, -2 * found]);
      else if (typeof found === 'string')
        holder[key] = found.slice(0, random.below(found.length + 1)) + random.pick(['', 'x', '/', '..']);
      else holder[key] = hostile(random);
      return;
    case 4:
      if (typeof found === 'object' && found !== null && !Array.isArray(found))
        define(found as Holder, random.pick(['__proto__', 'constructor', 'x', '0']), hostile(random));
      else holder[key] = random.pick([String(found), [found], { value: found }]);
      return;
    default:
      holder[key] = hostile(random);
  }
}

function define(holder: Holder, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The text of a mutated JSON value, or the mutated text. Text that is not JSON any more is mutated as text. */
export function mutateJsonText(random: Random, text: string): string {
  if (random.chance(4) || !isJson(text)) return mutateBytes(random, Buffer.from(text)).toString('utf8');
  return JSON.stringify(mutateJson(random, JSON.parse(text))) ?? '';
}

/** Whether a text is JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
