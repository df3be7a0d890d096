import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { LedgerRange } from '@parquetry/core';
import { writeSampleLake } from '@parquetry/sample';
import { ledgerFile } from '../support/ledgerfile';

const LEDGERS = 20;

/** A lake of one ledger a file that a test damages and repairs. Every lake has the same ledgers. */
export class Lake {
  private readonly aside = new Map<string, string>();

  private constructor(
    readonly dir: string,
    readonly range: LedgerRange,
  ) {}

  static async write(dir: string): Promise<Lake> {
    const layout = { ledgersPerBatch: 1, batchesPerPartition: 64 };
    const { ledgers } = await writeSampleLake({ dir, ledgers: LEDGERS, layout });
    return new Lake(dir, ledgers);
  }

  /** A copy of a lake of one ledger a file. */
  static copy(from: string, dir: string, range: LedgerRange): Lake {
    cpSync(from, dir, { recursive: true });
    return new Lake(dir, range);
  }

  /** Removes the file of the ledger `offset` after the first one; returns the ledger. */
  lose(offset: number): number {
    const ledger = this.range.start + offset;
    const file = ledgerFile(this.dir, ledger);
    const aside = path.join(`${this.dir}-aside`, String(ledger));
    mkdirSync(path.dirname(aside), { recursive: true });
    renameSync(file, aside);
    this.aside.set(file, aside);
    return ledger;
  }

  /** Replaces the ledger's file by a link to itself, which can't be read: an error that is retried. */
  stall(offset: number): number {
    const ledger = this.lose(offset);
    const file = [...this.aside.keys()].at(-1) ?? '';
    symlinkSync(path.basename(file), file);
    return ledger;
  }

  /** Restores every file. */
  repair(): void {
    for (const [file, aside] of this.aside) {
      rmSync(file, { force: true });
      renameSync(aside, file);
    }
    this.aside.clear();
  }
}
