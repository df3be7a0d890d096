import * as schema from '@parquetry/schema';
import { TimeReader } from '@parquetry/schema';
import { mismatch, refuse, type ValueEncoder } from './context';
import type { RowBuffer } from './out';

// Local copies: in CommonJS a re-exported name costs a call at each use.
const { KIND, LONE, STRING, TIME_FINE, TIME_OK, TIME_RANGE } = schema;

/** Strings of whole characters. */
export function textEncoder(path: string): ValueEncoder {
  return (context, tape, node) => {
    const head = tape.nodes[node] as number;
    if ((head & KIND) !== STRING) return mismatch(context, tape, node, path, 'utf8');
    if ((head & LONE) !== 0)
      return refuse(
        context,
        'LONE_SURROGATE',
        path,
        `The string of ${path} has half a surrogate pair.`,
        'utf8',
        tape.text(node, 60),
      );
    context.out.copy(tape.bytes, tape.start(node), tape.end(node));
    return true;
  };
}

/** RFC 3339 times, staged in UTC. */
export function timeEncoder(path: string): ValueEncoder {
  const time = new TimeReader();
  const expected = 'RFC 3339 with an offset, at most microseconds';
  return (context, tape, node) => {
    if (tape.kind(node) !== STRING) return mismatch(context, tape, node, path, expected);
    const start = tape.start(node);
    const end = tape.end(node);
    const outcome = time.read(tape.bytes, start + 1, end - 1);
    if (outcome === TIME_OK) {
      context.bound = time.unixMicros();
      writeTime(context.out, time, tape.bytes, start, end);
      return true;
    }
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
      `The text of ${path} is no time with an offset.`,
      expected,
      actual,
    );
  };
}

function writeTime(out: RowBuffer, time: TimeReader, bytes: Uint8Array, start: number, end: number): void {
  // "YYYY-MM-DDTHH:MM:SSZ" is in the stage's form already.
  if (end - start === 22 && bytes[end - 2] === 90 && bytes[start + 11] === 84) out.copy(bytes, start, end);
  else out.ascii(`"${time.text()}"`);
}
