import { coreLakes, hasData, lakeNetwork, lakeObjects, SKIPPED } from '../testing/data';
import { checkLedger } from '../proof';
import { LedgerContext } from '../rows/context';
import { STELLAR_TYPES } from '../rows/types';
import { readBatchHeader, readLedger } from './reader';

const lakes = ['pubnet-1x64000', 'testnet-997-999', 'pubnet-old', ...coreLakes];

/** Ledgers of the fixtures by protocol of their header. */
const protocols = new Map<number, number>();

describe('fixtures', () => {
  (hasData ? it : it.skip).each(lakes)(
    `of %s decode for every message type and pass their proofs${SKIPPED}`,
    async (lake) => {
      for (const { name, bytes } of await lakeObjects(lake)) {
        const { start, end, offset } = readBatchHeader(bytes, name);
        let at = offset;
        for (let sequence = start; sequence <= end; sequence++) {
          const whole = readLedger(bytes, at, name);
          for (const type of STELLAR_TYPES)
            expect(readLedger(bytes, at, name, [type]).meta.xdrEnd).toBe(whole.meta.xdrEnd);
          checkLedger(whole);
          const { ledgerVersion, ledgerSeq } = whole.meta.value.ledgerHeader.header;
          expect(ledgerSeq).toBe(sequence);
          protocols.set(ledgerVersion, (protocols.get(ledgerVersion) ?? 0) + 1);
          const context = new LedgerContext(
            whole,
            lakeNetwork(lake) ?? 'Public Global Stellar Network ; September 2015',
          );
          for (const transaction of context.transactions) context.envelope(transaction);
          at = whole.meta.xdrEnd;
        }
        expect(at).toBe(bytes.length);
      }
    },
    60_000,
  );

  (hasData ? it : it.skip)(`cover protocols 0 to 29${SKIPPED}`, () => {
    const missing = Array.from({ length: 30 }, (_, protocol) => protocol).filter((p) => !protocols.has(p));
    expect({ missing }).toEqual({ missing: [] });
  });
});
