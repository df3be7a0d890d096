import { assignmentList, byteSize, choice, duration, wholeNumber } from './parsers';

/** The topic of a setting: headings of the help and sections of docs/configuration.md, in order. */
export const TOPICS = {
  source: 'Source',
  archive: 'Archive',
  files: 'Files',
  run: 'Run',
  tail: 'Tail',
  schedule: 'Schedule',
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
  readonly doc: string;
  /** Converts text with `parse`. */
  readonly default?: string | number;
  /** Converts the value's text; throws commander's InvalidArgumentError. */
  readonly parse?: (text: string, before?: unknown) => unknown;
}

/** A whole number within bounds. */
export const whole = (min: number, max: number): Pick<Setting, 'takes' | 'parse'> => ({
  takes: `${min}–${max}`,
  parse: wholeNumber(min, max),
});

/** One of a list of words. */
export const oneOf = (...values: readonly string[]): Pick<Setting, 'takes' | 'parse'> => ({
  takes: values.join(', '),
  parse: choice(values),
});

/** Any text. */
export const text = (takes: string): Pick<Setting, 'takes'> => ({ takes });

/** `type=path`, several times. */
export const assignments: Pick<Setting, 'takes' | 'parse'> = {
  takes: '`type=path`, several separated by commas',
  parse: assignmentList,
};

/** True or false. */
export const aSwitch: Pick<Setting, 'takes'> = { takes: 'true, false' };

/** Seconds, from a time with its unit. */
export const aTime: Pick<Setting, 'takes' | 'parse'> = { takes: 'a time: 30s, 10m, 6h, 7d', parse: duration };

/** Bytes, from a size with its unit. */
export const aSize: Pick<Setting, 'takes' | 'parse'> = { takes: 'a size: 512MB, 2GiB', parse: byteSize };
