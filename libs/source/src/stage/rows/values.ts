import type { DataType } from '@parquetry/schema';
import { jsonWriter, type ValueWriter } from './nested';
import { boolCheck, decimalCheck, floatCheck, integerCheck, textCheck, timeCheck } from './scalars';

/**
 * Returns the writer of a column or of a struct's member, which writes values in the form of a typed part's page (see
 * `PlainColumn`). `path` names the column in errors.
 */
export function valueWriter(type: DataType, path: string, negativeZero: () => void): ValueWriter {
  switch (type.type) {
    case 'bool': {
      const check = boolCheck(path);
      return (out, value) => out.byte(check(value) ? 1 : 0);
    }
    case 'int32':
    case 'uint32': {
      const check = integerCheck(type.type, path);
      return (out, value) => out.int32(check(value) as number);
    }
    case 'int64':
    case 'uint64': {
      const check = integerCheck(type.type, path);
      return (out, value) => out.int64(check(value));
    }
    case 'timestamp': {
      const check = timeCheck(path);
      return (out, value) => out.int64(check(value));
    }
    case 'float64': {
      const check = floatCheck(path);
      return (out, value) => {
        const number = check(value);
        if (Object.is(number, -0)) negativeZero();
        out.double(number);
      };
    }
    case 'decimal128': {
      const check = decimalCheck(type, path);
      return (out, value) => out.int128(check(value));
    }
    case 'utf8':
    case 'json': {
      const check = textCheck(path);
      return sized((out, value) => out.text(check(value)));
    }
    case 'list':
    case 'struct':
      return sized(jsonWriter(type, path, negativeZero));
  }
}

/** Writes the output of a writer after its length. */
function sized(write: ValueWriter): ValueWriter {
  return (out, value) => {
    const at = out.length;
    out.int32(0);
    write(out, value);
    out.putInt32(out.length - at - 4, at);
  };
}
