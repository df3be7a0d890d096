import * as schema from '@parquetry/schema';
import { TimeReader } from '@parquetry/schema';
import { mismatch, refuse } from './context';
import type { ValueReader } from './reader';

// Local copies: in CommonJS each use of a re-exported name is a call.
const { KIND, LONE, STRING, TIME_FINE, TIME_OK, TIME_RANGE } = schema;

/** Accepts strings without lone surrogates; returns their node. */
export function stringReader(path: string): ValueReader<number> {
  return (context, tape, node) => {
    const head = tape.nodes[node] as number;
    if ((head & KIND) !== STRING) return mismatch(context, tape, node, path, 'utf8');
    if ((head & LONE) !== 0)
      return refuse(
        context,
        'LONE_SURROGATE',
        path,
        `The string of ${path} has a lone surrogate.`,
        'utf8',
        tape.text(node, 60),
      );
    return node;
  };
}

/** Accepts RFC 3339 times. The returned object is valid until the next read. */
export function timeReader(path: string): ValueReader<TimeReader> {
  const time = new TimeReader();
  const expected = 'RFC 3339 with an offset, at most microseconds';
  return (context, tape, node) => {
    if (tape.kind(node) !== STRING) return mismatch(context, tape, node, path, expected);
    const outcome = time.readText(tape, node);
    if (outcome === TIME_OK) return time;
    const actual = tape.text(node, 60);
    if (outcome === TIME_FINE)
      return refuse(
        context,
        'TIME_PRECISION',
        path,
        `The time of ${path} is finer than microseconds.`,
        expected,
        actual,
      );
    if (outcome === TIME_RANGE)
      return refuse(
        context,
        'TIME_OUT_OF_RANGE',
        path,
        `The time of ${path} is not in the years 1–9999.`,
        expected,
        actual,
      );
    return refuse(
      context,
      'BAD_TIME',
      path,
      `The text of ${path} is not a time with an offset.`,
      expected,
      actual,
    );
  };
}
