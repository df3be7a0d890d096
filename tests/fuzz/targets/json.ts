import { isUtf8 } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { MAX_LEDGER, REJECT_CODES } from '@parquetry/core';
import {
  ARRAY,
  FALSE,
  JsonScanner,
  KEY,
  NODE,
  NULL,
  NUMBER,
  OBJECT,
  STRING,
  TRUE,
  type Tape,
} from '@parquetry/schema';
import { MAX_DEPTH } from '../../../libs/schema/src/json/scan';
import { MessageReader, checkMessage } from '../../../libs/source/src/message';
import { generate } from '../messages';
import { mutateBytes, noise } from '../mutate';
import { type Random } from '../random';
import { type Target, demand } from '../target';

/**
 * One line of messages in memory: generated messages, most of them damaged (flipped bytes, cuts, splices, deep nesting,
 * random UTF-8), read by the scanner and the message reader.
 *
 * Oracle: the scanner accepts exactly the texts that are UTF-8, JSON by `JSON.parse`, and not nested deeper than the
 * limit; the values on its tape are those of `JSON.parse`; it marks a repeated key exactly if there is one. The reader
 * finds a type, a ledger from 1 to the last one and a close time, or says with a reject code why not.
 */
export const json: Target = {
  name: 'json',
  ci: 10_000,
  open: () => {
    const lines = Array.from({ length: 40 }, (_, type) =>
      generate(type, `f${type}x`, 6, false).lines.map(({ bytes }) => bytes),
    ).flat();
    const scanner = new JsonScanner();
    const reader = new MessageReader();
    return Promise.resolve({
      run: (random) => {
        const bytes = lineOf(random, lines);
        const wanted = reference(bytes);
        const scanned = scanner.scan(bytes, 0, bytes.length);
        demand(
          scanned === (wanted !== undefined),
          () => `${scanned ? 'accepted' : `refused (${scanner.fault?.code})`}: ${show(bytes)}`,
        );
        if (!scanned || wanted === undefined) return scanner.fault?.code ?? 'none';
        const { tape } = scanner;
        const keys = { count: 0 };
        const value = valueOf(tape, 0, keys);
        const repeated = tape.duplicateKey >= 0;
        demand(
          repeated === keys.count > countKeys(wanted.value),
          () => `repeated key ${repeated}: ${show(bytes)}`,
        );
        demand(repeated || isDeepStrictEqual(value, wanted.value), () => `other values: ${show(bytes)}`);
        const fault = reader.readType(tape) ?? reader.readLedger(tape) ?? checkMessage(reader, tape);
        if (fault === undefined) {
          demand(
            Number.isInteger(reader.ledger) && reader.ledger >= 1 && reader.ledger <= MAX_LEDGER,
            () => `ledger ${reader.ledger}: ${show(bytes)}`,
          );
          return undefined;
        }
        demand(
          Object.hasOwn(REJECT_CODES, fault.code) && fault.reason !== '',
          () => `no reason: ${show(bytes)}`,
        );
        return fault.code;
      },
    });
  },
};

function lineOf(random: Random, lines: readonly Buffer[]): Buffer {
  const line = random.pick(lines);
  switch (random.below(20)) {
    case 0:
      return line;
    case 1: {
      const depth = random.pick([10, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 20_000]);
      const [open, close] = random.pick([
        ['[', ']'],
        ['{"a":', '}'],
      ] as const);
      return Buffer.from(open.repeat(depth) + (random.chance(2) ? `1${close.repeat(depth)}` : ''));
    }
    case 2:
      return noise(random, random.below(60));
    case 3: {
      const other = random.pick(lines);
      return Buffer.concat([
        line.subarray(0, random.below(line.length)),
        other.subarray(random.below(other.length)),
      ]);
    }
    case 4: {
      // The same members twice, some of them spelled with escapes.
      const at = line.indexOf(123);
      return at < 0
        ? line
        : Buffer.concat([
            line.subarray(0, at + 1),
            line.subarray(at + 1, line.length - 1),
            Buffer.from(','),
            line.subarray(at + 1),
          ]);
    }
    case 5:
      return Buffer.concat([Buffer.from(random.pick(['\ufeff', ' ', '\0', '\r', '\v', '\u00a0'])), line]);
    default:
      return mutateBytes(random, line);
  }
}

/** The value by `JSON.parse`; undefined for what a message can't be. */
function reference(bytes: Buffer): { readonly value: unknown } | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return depthOf(value) > MAX_DEPTH ? undefined : { value };
  } catch {
    return undefined;
  }
}

function depthOf(root: unknown): number {
  let depth = 0;
  for (let level = [root]; ; depth += 1) {
    const next: unknown[] = [];
    let nested = false;
    for (const value of level)
      if (typeof value === 'object' && value !== null) {
        nested = true;
        for (const inner of Object.values(value)) next.push(inner);
      }
    if (!nested) return depth;
    level = next;
  }
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, inner) => sum + countKeys(inner), own);
}

function valueOf(tape: Tape, node: number, keys: { count: number }): unknown {
  const end = tape.next(node);
  switch (tape.kind(node)) {
    case ARRAY: {
      const items: unknown[] = [];
      for (let at = node + NODE; at < end; at = tape.next(at)) items.push(valueOf(tape, at, keys));
      return items;
    }
    case OBJECT: {
      const entries: [string, unknown][] = [];
      for (let at = node + NODE; at < end; at = tape.next(at + NODE)) {
        demand(tape.kind(at) === KEY, () => 'a member without a key');
        keys.count += 1;
        entries.push([tape.string(at), valueOf(tape, at + NODE, keys)]);
      }
      return Object.fromEntries(entries);
    }
    case STRING:
      return tape.string(node);
    case NUMBER:
      return Number(tape.text(node));
    case TRUE:
    case FALSE:
      return tape.kind(node) === TRUE;
    default:
      demand(tape.kind(node) === NULL, () => `kind ${tape.kind(node)}`);
      return null;
  }
}

function show(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 300).toString('latin1'));
}
