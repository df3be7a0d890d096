import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describeType } from './table';

describe('the type table', () => {
  it('has the types of stellar-base, which npm run xdr writes', () => {
    const tool = path.resolve(__dirname, '../../../../tools/xdr.mjs');
    execFileSync(process.execPath, [tool, '--check'], { stdio: 'pipe' });
  });

  it('adds the arms of newer protocols to the unions of stellar-base', () => {
    const union = describeType('StellarValueExt');
    if (union.kind !== 'union') throw new Error(union.kind);
    expect(union.arms.map(({ value, label }) => [value, label])).toEqual([
      [0, 'stellarValueBasic'],
      [1, 'stellarValueSigned'],
      [2, 'stellarValueEmptyTxSet'],
    ]);
  });

  it('reads every form of a reference', () => {
    expect(describeType('opaque[32]')).toEqual({ kind: 'opaque', length: 32 });
    expect(describeType('opaque<64>')).toEqual({ kind: 'bytes', max: 64 });
    expect(describeType('opaque[32][4]')).toEqual({ kind: 'array', child: 'opaque[32]', length: 4 });
    expect(describeType('ScVal<>')).toEqual({ kind: 'list', child: 'ScVal', max: 0xffffffff });
    expect(describeType('Signer?<20>')).toEqual({ kind: 'list', child: 'Signer?', max: 20 });
    expect(describeType('ScMapEntry<>?')).toEqual({ kind: 'option', child: 'ScMapEntry<>' });
    expect(describeType('Price')).toEqual({
      kind: 'struct',
      name: 'Price',
      fields: [
        ['n', 'int'],
        ['d', 'int'],
      ],
    });
    expect(() => describeType('Nothing')).toThrow('Not an XDR type: Nothing');
  });
});
