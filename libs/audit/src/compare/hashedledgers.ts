import { type Archive, type Dataset, findRowHashes, type Snapshot } from '@parquetry/archive';
import type { LedgerRange } from '@parquetry/core';
import { EMPTY_LEDGER, HASH_BYTES } from '@parquetry/schema';

/** The row hashes of a segment. */
export interface HashedSegment {
  readonly range: LedgerRange;
  /** Merkle root; undefined if the segment has no row hashes. */
  readonly root: string | undefined;
  /** Rows of a ledger, and the hash of its rows. */
  readonly at: (ledger: number) => { readonly rows: number; readonly hash: Buffer };
}

/** The row hashes of a dataset, read segment by segment in the order of ledgers; data files are not read. */
export class HashedLedgers {
  private next = 0;
  private loaded: HashedSegment | undefined;

  private constructor(
    private readonly archive: Archive,
    private readonly dataset: Dataset,
    readonly snapshot: Snapshot,
  ) {}

  static async open(archive: Archive, name: string): Promise<HashedLedgers> {
    const dataset = archive.dataset(name);
    return new HashedLedgers(archive, dataset, await dataset.snapshot());
  }

  /** The segment of a covered ledger. Ledgers are asked for in ascending order. */
  async segment(ledger: number): Promise<HashedSegment> {
    const { segments } = this.snapshot;
    if (this.loaded !== undefined && this.loaded.range.end >= ledger) return this.loaded;
    while ((segments[this.next]?.range.end ?? Number.POSITIVE_INFINITY) < ledger) this.next += 1;
    const found = segments[this.next];
    // Coverage that no segment explains is a finding of `verify`.
    if (found === undefined || found.range.start > ledger)
      return { range: { start: ledger, end: ledger }, root: undefined, at: nothing };
    const record = await this.dataset.segment(found.id);
    const hashes = await findRowHashes(this.archive.store, record);
    this.loaded = {
      range: found.range,
      root: hashes?.root,
      at: hashes === undefined ? nothing : hashedAt(record.identity.ledgers, hashes.ledgers),
    };
    return this.loaded;
  }
}

const EMPTY = { rows: 0, hash: EMPTY_LEDGER };
const nothing = (): typeof EMPTY => EMPTY;

function hashedAt(
  ledgers: readonly { readonly ledger: number; readonly rows: number }[],
  text: string,
): HashedSegment['at'] {
  const hashes = Buffer.from(text, 'base64');
  const indexes = new Map(ledgers.map(({ ledger }, index) => [ledger, index]));
  return (ledger) => {
    const index = indexes.get(ledger);
    if (index === undefined) return EMPTY;
    const hash = hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
    return { rows: ledgers[index]?.rows ?? 0, hash };
  };
}
