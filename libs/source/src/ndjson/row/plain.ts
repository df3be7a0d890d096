import * as schema from '@parquetry/schema';
import type { DataType, Tape } from '@parquetry/schema';
import { mismatch, type RowContext, type ValueEncoder } from './context';
import { decimalReader, floatReader } from './numbers';
import { stringReader, timeReader } from './strings';
import { jsonEncoder, wholeReader, written } from './value';

// Local copies: in CommonJS each use of a re-exported name is a call.
const { ESCAPED, FALSE, TRUE } = schema;

/**
 * Creates the encoder of a top-level column. It writes a value in the encoding of the staged page (see `PlainColumn`).
 * `path` names the column in rejects.
 */
export function plainEncoder(type: DataType, path: string): ValueEncoder {
  switch (type.type) {
    case 'bool':
      return (context, tape, node) => {
        const kind = tape.kind(node);
        if (kind !== TRUE && kind !== FALSE) return mismatch(context, tape, node, path, 'bool');
        context.out.byte(kind === TRUE ? 1 : 0);
        return true;
      };
    case 'int32':
    case 'uint32':
      return written(wholeReader(type.type, path), (context, value) => {
        context.bound = value;
        context.out.int32(Number(value));
      });
    case 'int64':
    case 'uint64':
      return written(wholeReader(type.type, path), (context, value) => {
        context.bound = value;
        context.out.int64(value);
      });
    case 'float64':
      return written(floatReader(path), ({ out }, value) => out.double(value));
    case 'decimal128':
      return written(decimalReader(path, type.precision, type.scale), ({ out }, value) => {
        out.int32(value.length);
        out.ascii(value);
      });
    case 'utf8':
      return written(stringReader(path), writeString);
    case 'json':
      return ({ out }, tape, node) => {
        const start = tape.start(node);
        const end = tape.end(node);
        out.int32(end - start);
        out.copy(tape.bytes, start, end);
        return true;
      };
    case 'timestamp':
      return written(timeReader(path), (context, value) => {
        context.bound = value.unixMicros();
        context.out.int64(context.bound);
      });
    case 'list':
    case 'struct':
      return sized(jsonEncoder(type, path));
  }
}

/** Writes a string as its length and UTF-8 text. */
function writeString({ out }: RowContext, node: number, tape: Tape): void {
  if (((tape.nodes[node] as number) & ESCAPED) === 0) {
    const start = tape.start(node) + 1;
    const end = tape.end(node) - 1;
    out.int32(end - start);
    out.copy(tape.bytes, start, end);
    return;
  }
  const at = out.length;
  out.int32(0);
  out.text(tape.string(node));
  out.putInt32(out.length - at - 4, at);
}

/** Prefixes the output of an encoder with its length. */
function sized(encode: ValueEncoder): ValueEncoder {
  return (context, tape, node) => {
    const { out } = context;
    const at = out.length;
    out.int32(0);
    if (!encode(context, tape, node)) return false;
    out.putInt32(out.length - at - 4, at);
    return true;
  };
}
