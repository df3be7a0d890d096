import { SKIPPED, hasData } from '../testing/data';
import { goldenLakes, goldenLedgers } from '../testing/golden';
import type { LedgerContext } from './context';
import { STELLAR_TYPES, stellarRows } from './index';

const test = hasData ? it : it.skip;

/** Real ledgers, and made ones of every kind of operation and entry that stellar-core's tests have. */
const LAKES =
  /^(pubnet-old|testnet|rumblefish|BeginSponsoring|FrozenLedgerKeysTests-2[7e]|InvokeHostFunctionTests-0|PathPayment)/;

test.each(STELLAR_TYPES)(
  `a reader for %s alone builds all that its rows need${SKIPPED}`,
  async (type) => {
    let rows = 0;
    for (const lake of goldenLakes().filter(({ name }) => LAKES.test(name))) {
      const alone = await goldenLedgers(lake, [type]);
      for (const [index, whole] of (await goldenLedgers(lake)).entries()) {
        const expected = [...stellarRows(whole, type)];
        expect([...stellarRows(alone[index] as LedgerContext, type)]).toEqual(expected);
        rows += expected.length;
      }
    }
    expect(rows).toBeGreaterThan(0);
  },
  120_000,
);
