import { type RejectCode, messageTypeFault } from '@parquetry/core';
import * as schema from '@parquetry/schema';
import { TimeReader, type Tape } from '@parquetry/schema';
import { JsonPath } from './path';
import { closeTimePaths, LEDGER_PATHS } from './times';
import { ledgerAt, readTime } from './values';

// Local copies: in CommonJS each use of a re-exported name is a call.
const { CLOSE_TIME_COLUMN, KEY, LEDGER_COLUMN, NODE, OBJECT, STRING, TIME_FINE, TIME_OK, TIME_RANGE } =
  schema;

/** Why a message is rejected. */
export interface MessageFault {
  readonly code: RejectCode;
  readonly reason: string;
  readonly column?: string;
  readonly expected?: string;
  readonly actual?: string;
}

/** Where messages have their type, ledger and close time, if not at the default paths. */
export interface MessageOptions {
  /** Every message is of this type. */
  readonly messageType?: string;
  /** Type of messages that don't name one. */
  readonly defaultType?: string;
  /** Path of the close time by message type. */
  readonly closeTimePaths?: Readonly<Record<string, string>>;
  /** Path of the ledger by message type. */
  readonly ledgerPaths?: Readonly<Record<string, string>>;
  /** Names of the ledger and close time columns by message type, if not the default ones. */
  readonly columns?: ReadonlyMap<string, { readonly ledgerColumn: string; readonly closeTimeColumn: string }>;
}

/** Nodes of a message's type, ledger and close time; -1 if absent. */
export interface MessagePlaces {
  readonly dataset: string;
  readonly inner: number;
  readonly typeNode: number;
  readonly ledgerNode: number;
  readonly duplicateLedgerColumn: number;
  readonly timeNode: number;
  readonly timeTwin: number;
}

/** Paths of the ledger and close time in one dataset's messages. */
interface Places {
  readonly ledger: readonly JsonPath[];
  readonly closeTime: readonly JsonPath[];
  readonly ledgerColumn: JsonPath;
  readonly closeTimeColumn: JsonPath;
}

const MESSAGE_TYPE = new JsonPath('message_type');
const SCHEMA = new JsonPath('_schema');
const TYPE = new JsonPath('type');
const COMMON_LEDGER = LEDGER_PATHS.map((path) => new JsonPath(path));
const LEDGER_FORM = 'a whole number from 1 to 4294967295';
const TIME_FORM = 'RFC 3339 with an offset, or Unix seconds or milliseconds';
/** How a reject shows a missing value or null. */
const NOTHING = 'nothing';
const MAX_TYPES = 4_096;

/**
 * Finds the type, ledger and close time of a scanned message, in that order, and the object to unwrap: the member named
 * like the type. Its values take precedence over the envelope's. The reader keeps the results until the next message.
 */
export class MessageReader {
  dataset = '';
  ledger = 0;
  /** Node of the unwrapped object, or -1. */
  inner = -1;
  /** Node of the string that names the type, or -1. */
  typeNode = -1;
  /** Nodes of the ledger and close time, and of the columns of those names if they are other values, or -1. */
  private ledgerNode = -1;
  private duplicateLedgerColumn = -1;
  private timeNode = -1;
  private timeTwin = -1;
  /** Close time, valid after `readCloseTime`. */
  readonly time = new TimeReader();
  private lastTime: Uint8Array = Buffer.alloc(0);
  private readonly types = new Map<string, string | MessageFault>();
  private readonly placeMap = new Map<string, Places>();
  private readonly other = new TimeReader();

  constructor(private readonly options: MessageOptions = {}) {}

  /** Finds `dataset` and `inner`. */
  readType(tape: Tape): MessageFault | undefined {
    this.inner = this.typeNode = -1;
    if (tape.kind(0) !== OBJECT)
      return { code: 'NOT_OBJECT', reason: 'The message is not a JSON object.', actual: tape.kindName(0) };
    const type = this.typeName(tape);
    if (typeof type !== 'string') return type;
    this.dataset = type;
    this.inner = findInner(tape, type);
    return tape.duplicateKey < 0 ? undefined : this.repeated(tape, ['message_type', '_schema', 'type', type]);
  }

  /** Finds `ledger`, after `readType`. */
  readLedger(tape: Tape): MessageFault | undefined {
    const places = this.placesOf(this.dataset);
    if (tape.duplicateKey >= 0) {
      const fault = this.repeated(tape, [
        ...[...places.ledger, places.ledgerColumn].map((path) => path.text.split('.')[0] as string),
      ]);
      if (fault !== undefined) return fault;
    }
    for (const path of places.ledger) {
      const node = this.find(tape, path);
      if (node < 0) continue;
      this.ledger = ledgerAt(tape, node);
      this.ledgerNode = node;
      this.duplicateLedgerColumn = -1;
      if (this.ledger === 0)
        return {
          code: 'BAD_LEDGER',
          reason: `The ledger at ${path.text} is not ${LEDGER_FORM}.`,
          column: path.text,
          expected: LEDGER_FORM,
          actual: tape.text(node, 40),
        };
      if (path.text === places.ledgerColumn.text) return undefined;
      const column = (this.duplicateLedgerColumn = this.find(tape, places.ledgerColumn));
      return column < 0 || ledgerAt(tape, column) === this.ledger
        ? undefined
        : conflict('LEDGER_CONFLICT', 'ledger', path, places.ledgerColumn, tape.text(column, 40));
    }
    return {
      code: 'NO_LEDGER',
      reason: `The message has no ledger at ${places.ledger.map(({ text }) => text).join(', ')}.`,
      column: places.ledgerColumn.text,
      expected: LEDGER_FORM,
      actual: NOTHING,
    };
  }

  /** Finds the close time, after `readLedger`. */
  readCloseTime(tape: Tape): MessageFault | undefined {
    this.lastTime = Buffer.alloc(0);
    const places = this.placesOf(this.dataset);
    for (const path of places.closeTime) {
      const node = this.find(tape, path);
      if (node < 0) continue;
      const outcome = readTime(this.time, tape, node);
      this.timeNode = node;
      this.timeTwin = -1;
      if (outcome !== TIME_OK) return timeFault(outcome, path, tape.text(node, 60));
      if (path.text === places.closeTimeColumn.text) return undefined;
      const column = (this.timeTwin = this.find(tape, places.closeTimeColumn));
      if (column < 0) return undefined;
      return this.sameTime(tape, column)
        ? undefined
        : conflict('CLOSE_TIME_CONFLICT', 'close time', path, places.closeTimeColumn, tape.text(column, 60));
    }
    return {
      code: 'NO_CLOSE_TIME',
      reason: `A message of type ${this.dataset} has its close time at ${places.closeTime
        .map(({ text }) => text)
        .join(', ')}; it has no value there.`,
      column: places.closeTimeColumn.text,
      expected: TIME_FORM,
      actual: NOTHING,
    };
  }

  /** The nodes that were read in the last message, which had no fault. They are valid for messages of equal structure. */
  places(): MessagePlaces {
    const { dataset, inner, typeNode, ledgerNode, duplicateLedgerColumn, timeNode, timeTwin } = this;
    return { dataset, inner, typeNode, ledgerNode, duplicateLedgerColumn, timeNode, timeTwin };
  }

  /** Reads the ledger of a message of known structure; false if the message must be read in full. */
  recallLedger(tape: Tape, places: MessagePlaces): boolean {
    this.dataset = places.dataset;
    this.inner = places.inner;
    this.ledger = ledgerAt(tape, places.ledgerNode);
    if (this.ledger === 0) return false;
    return places.duplicateLedgerColumn < 0 || ledgerAt(tape, places.duplicateLedgerColumn) === this.ledger;
  }

  /** Reads the close time of such a message; false if the message must be read in full. */
  recallCloseTime(tape: Tape, places: MessagePlaces): boolean {
    if (!this.isLastTime(tape, places.timeNode)) {
      if (readTime(this.time, tape, places.timeNode) !== TIME_OK) {
        this.lastTime = Buffer.alloc(0);
        return false;
      }
      this.lastTime = Buffer.from(
        tape.bytes.subarray(tape.start(places.timeNode), tape.end(places.timeNode)),
      );
    }
    return places.timeTwin < 0 || this.sameTime(tape, places.timeTwin);
  }

  /** Whether `time` was read from the same text before, which is true for most messages. */
  private isLastTime(tape: Tape, node: number): boolean {
    const { bytes } = tape;
    const { lastTime } = this;
    const start = tape.start(node);
    const size = tape.end(node) - start;
    if (size !== lastTime.length) return false;
    let index = 0;
    while (index < size && bytes[start + index] === lastTime[index]) index += 1;
    return index === size;
  }

  private sameTime(tape: Tape, node: number): boolean {
    return (
      readTime(this.other, tape, node) === TIME_OK &&
      this.other.seconds === this.time.seconds &&
      this.other.micros === this.time.micros
    );
  }

  private typeName(tape: Tape): string | MessageFault {
    const { messageType, defaultType } = this.options;
    if (messageType !== undefined) return messageType;
    const node = MESSAGE_TYPE.find(tape, 0);
    if (node >= 0 && tape.kind(node) !== STRING)
      return {
        code: 'BAD_MESSAGE_TYPE',
        reason: 'message_type is not a string.',
        column: 'message_type',
        expected: 'string',
        actual: tape.kindName(node),
      };
    if (node >= 0) return this.checkedType(tape, node, false);
    const schema = SCHEMA.find(tape, 0);
    if (schema >= 0 && tape.kind(schema) === STRING) return this.checkedType(tape, schema, true);
    const type = TYPE.find(tape, 0);
    if (type >= 0 && tape.kind(type) === STRING) return this.checkedType(tape, type, false);
    return (
      defaultType ?? {
        code: 'NO_MESSAGE_TYPE',
        reason: 'The message names no type at message_type, _schema or type, and no default is configured.',
        column: 'message_type',
        expected: 'string',
        actual: NOTHING,
      }
    );
  }

  private checkedType(tape: Tape, node: number, dotted: boolean): string | MessageFault {
    const text = tape.string(node);
    const cacheKey = `${dotted ? 'schema' : 'type'}:${text}`;
    this.typeNode = node;
    const known = this.types.get(cacheKey);
    if (known !== undefined) return known;
    const name = dotted ? text.replaceAll('.', '_') : text;
    const why = messageTypeFault(name);
    const result: string | MessageFault =
      why === undefined
        ? name
        : {
            code: 'BAD_MESSAGE_TYPE',
            reason: `The message's type can't name a dataset: ${why}.`,
            actual: text.slice(0, 140),
          };
    if (this.types.size < MAX_TYPES && text.length <= 256) this.types.set(cacheKey, result);
    return result;
  }

  private placesOf(type: string): Places {
    const known = this.placeMap.get(type);
    if (known !== undefined) return known;
    const { ledgerPaths, closeTimePaths: timePaths, columns } = this.options;
    const ledger = own(ledgerPaths, type);
    const closeTime = own(timePaths, type);
    const places: Places = {
      ledger: ledger === undefined ? COMMON_LEDGER : [new JsonPath(ledger)],
      closeTime: (closeTime === undefined ? closeTimePaths(type) : [closeTime]).map(
        (path) => new JsonPath(path),
      ),
      ledgerColumn: new JsonPath(columns?.get(type)?.ledgerColumn ?? LEDGER_COLUMN),
      closeTimeColumn: new JsonPath(columns?.get(type)?.closeTimeColumn ?? CLOSE_TIME_COLUMN),
    };
    if (this.placeMap.size < MAX_TYPES) this.placeMap.set(type, places);
    return places;
  }

  /** A path's value in the unwrapped object, else in the envelope. A path may also begin with the unwrapped object. */
  private find(tape: Tape, path: JsonPath): number {
    const node = this.inner < 0 ? -1 : path.find(tape, this.inner);
    return node < 0 ? path.find(tape, 0) : node;
  }

  /** A fault if one of `keys` is repeated, which makes its value ambiguous. Other repeated keys are checked later. */
  private repeated(tape: Tape, keys: readonly string[]): MessageFault | undefined {
    for (const object of this.inner < 0 ? [0] : [0, this.inner]) {
      const seen = new Set<string>();
      for (let key = object + NODE; key < tape.next(object); key = tape.next(key + NODE)) {
        const text = tape.string(key);
        if (keys.includes(text) && seen.has(text))
          return {
            code: 'DUPLICATE_KEY',
            reason: `The key ${JSON.stringify(text)} is repeated.`,
            column: text,
          };
        seen.add(text);
      }
    }
    return undefined;
  }
}

/** The path configured for a type. Reads own properties only: a type may be named like an inherited one. */
function own(paths: Readonly<Record<string, string>> | undefined, type: string): string | undefined {
  return paths !== undefined && Object.hasOwn(paths, type) ? paths[type] : undefined;
}

/** The object member named like the type (for type `a_b_v1` also `a.b.v1`), or -1. */
function findInner(tape: Tape, type: string): number {
  const end = tape.next(0);
  for (let key = NODE; key < end; key = tape.next(key + NODE)) {
    if (tape.kind(key) !== KEY || tape.kind(key + NODE) !== OBJECT) continue;
    if (tape.end(key) - tape.start(key) - 2 < type.length) continue;
    const text = tape.string(key);
    if (text === type || text.replaceAll('.', '_') === type) return key + NODE;
  }
  return -1;
}

function timeFault(outcome: number, path: JsonPath, actual: string): MessageFault {
  const fault = { column: path.text, expected: TIME_FORM, actual };
  if (outcome === TIME_FINE)
    return {
      ...fault,
      code: 'TIME_PRECISION',
      reason: `The close time at ${path.text} is finer than microseconds.`,
    };
  if (outcome === TIME_RANGE)
    return {
      ...fault,
      code: 'TIME_OUT_OF_RANGE',
      reason: `The close time at ${path.text} is not in 1970–2255.`,
    };
  return { ...fault, code: 'BAD_CLOSE_TIME', reason: `The close time at ${path.text} can't be read.` };
}

function conflict(
  code: RejectCode,
  what: string,
  path: JsonPath,
  column: JsonPath,
  actual: string,
): MessageFault {
  return {
    code,
    reason: `The ${what} at ${path.text} differs from the message's own ${column.text}.`,
    column: column.text,
    actual,
  };
}
