import { MAX_LEDGER } from '@parquetry/core';
import {
  assignmentList,
  byteSize,
  choice,
  duration,
  hostAndPort,
  ledgerPoint,
  matching,
  rate,
  wholeNumber,
} from './parsers';

/** The topic of a setting: headings of the help and sections of docs/configuration.md, in order. */
export const TOPICS = {
  source: 'Source',
  archive: 'Archive',
  files: 'Files',
  run: 'Run',
  tail: 'Tail',
  schedule: 'Schedule',
  temporal: 'Temporal',
  worker: 'Worker',
  output: 'Output',
} as const;

/** One setting: an option of the command line, an environment variable and a key of the configuration file. */
export interface Setting {
  /** Long name of the option. */
  readonly name: string;
  readonly topic: keyof typeof TOPICS;
  /** `often`: the help of a command with many options lists it first. `seldom`: only `--help-all` lists it. */
  readonly used?: 'often' | 'seldom';
  /** Name of the option's value in the help; absent for switches, which are true or false. */
  readonly value?: string;
  /** The values it accepts, for docs/configuration.md. */
  readonly takes: string;
  /** The same as a part of a JSON Schema: what the value may be in the configuration file. */
  readonly accepts: Accepts;
  readonly doc: string;
  /** Converts text with `parse`. */
  readonly default?: string | number;
  /** Converts the value's text; throws commander's InvalidArgumentError. */
  readonly parse?: (text: string, before?: unknown) => unknown;
}

/** A part of a JSON Schema. */
export type Accepts = Readonly<Record<string, unknown>>;

/** What a kind of value adds to a setting. */
type Kind = Pick<Setting, 'takes' | 'accepts' | 'parse'>;

/** A whole number within bounds. `1_000` is text in YAML. */
export const whole = (min: number, max: number): Kind => ({
  takes: `${min}–${max}`,
  accepts: { type: ['integer', 'string'], minimum: min, maximum: max, pattern: '^[0-9_]+$' },
  parse: wholeNumber(min, max),
});

/** One of a list of words. */
export const oneOf = (...values: readonly string[]): Kind => ({
  takes: values.join(', '),
  accepts: { enum: values },
  parse: choice(values),
});

const SCALAR = ['string', 'number'];

/** Any text. */
export const text = (takes: string): Kind => ({ takes, accepts: { type: SCALAR } });

/** Any text, or a YAML list of its parts. */
export const list = (takes: string): Kind => ({
  takes,
  accepts: { type: [...SCALAR, 'array'], items: { type: SCALAR } },
});

/** `type=path`, several times. */
export const assignments: Kind = {
  ...list('`type=path`, several separated by commas'),
  parse: assignmentList,
};

/** Beginnings of locations, several times. */
export const prefixes: Kind = {
  ...list('prefixes of locations, several separated by commas'),
  parse: assignmentList,
};

/** True or false. */
export const switchKind: Kind = { takes: 'true, false', accepts: { type: 'boolean' } };

/** A ledger, or a point such as `latest-1000` or `@2025-07-13`. */
export const pointKind: Kind = {
  takes: 'latest, latest-1000, 426000, @2025-07-13',
  accepts: {
    type: ['integer', 'string'],
    minimum: 1,
    maximum: MAX_LEDGER,
    pattern: '^\\s*(@.+|latest(-.+)?|[0-9_.]+[kM]?)\\s*$',
  },
  parse: ledgerPoint,
};

/** Seconds, from a time with its unit. */
export const timeKind: Kind = {
  takes: 'a time: 30s, 10m, 6h, 7d',
  accepts: { type: 'string', pattern: '^\\s*[0-9]{1,9}[smhd]\\s*$' },
  parse: duration,
};

/** Bytes, from a size with its unit. */
export const sizeKind: Kind = {
  takes: 'a size: 512MB, 2GiB',
  accepts: { type: SCALAR, pattern: '^\\s*[0-9]+(\\.[0-9]+)?\\s*([kKMG]i?)?B?\\s*$', minimum: 0 },
  parse: byteSize,
};

/** A number per second. */
export const rateKind: Kind = {
  takes: 'a number above 0',
  accepts: { type: SCALAR, exclusiveMinimum: 0, pattern: '^[0-9]+(\\.[0-9]+)?$' },
  parse: rate,
};

/** Text of these characters. */
export const characters = (takes: string, pattern: string): Kind => ({
  takes,
  accepts: { type: SCALAR, pattern },
  parse: matching(new RegExp(pattern), takes),
});

/** A host and a port. */
export const addressKind: Kind = {
  takes: 'host:port',
  accepts: { type: 'string', pattern: '^.+:[0-9]{1,5}$' },
  parse: hostAndPort,
};

/** The words that a setting takes, for completion; none for other values. */
export function wordsOf({ accepts }: Pick<Setting, 'accepts'>): readonly string[] {
  const { enum: words = [], anyOf = [] } = accepts as {
    enum?: readonly string[];
    anyOf?: readonly Accepts[];
  };
  return [...words, ...anyOf.flatMap((part) => wordsOf({ accepts: part }))];
}
