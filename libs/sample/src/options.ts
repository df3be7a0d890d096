import type { LedgerRange } from '@parquetry/core';
import { MAX_LEDGER, ParquetryError } from '@parquetry/core';
import type { ChainOptions } from './ledger';

/** Passphrase of the sample network. */
export const SAMPLE_NETWORK = 'Parquetry Sample Network ; July 2025';

/** Options of the sample ledgers. The same options give the same bytes. */
export interface SampleOptions {
  /** Number of ledgers; default 200. */
  readonly ledgers?: number;
  /** First ledger, at least 2; default 426000. */
  readonly start?: number;
  readonly network?: string;
  /** Seed of the accounts, amounts and calls. */
  readonly seed?: string;
  /**
   * Close times are spread evenly around this UTC time (Unix seconds; default 2025-07-14T00:00:00Z), over one hour or 5
   * s per ledger, whichever is longer, so the ledgers are in two UTC days.
   */
  readonly midnight?: number;
}

/** Options with their defaults, checked. */
export interface SampleChain {
  readonly network: string;
  readonly range: LedgerRange;
  readonly chain: ChainOptions;
  readonly midnight: number;
  /** Close time of a ledger as ISO 8601. */
  readonly iso: (index: number) => string;
}

const MIDNIGHT = Date.UTC(2025, 6, 14) / 1000;
const HOUR = 3_600;

/**
 * Fills in the defaults.
 * @throws ParquetryError USAGE for a value out of range
 */
export function sampleChain(options: SampleOptions): SampleChain {
  const { ledgers = 200, start = 426_000, seed = 'sample', midnight = MIDNIGHT } = options;
  const network = options.network ?? SAMPLE_NETWORK;
  check('ledgers', ledgers, 1, 1_000_000);
  check('start', start, 2, MAX_LEDGER - ledgers - 1_000_000);
  check('midnight', midnight, HOUR, 253_000_000_000);
  if (network.trim() === '') throw new ParquetryError('USAGE', 'The network passphrase is empty.');
  const span = Math.max(HOUR, ledgers * 5);
  const from = midnight - Math.floor(span / 2);
  const closeTime = (index: number): number => from + Math.floor((index * span) / Math.max(1, ledgers - 1));
  return {
    network,
    range: { start, end: start + ledgers - 1 },
    midnight,
    chain: { network, seed, start, count: ledgers, closeTime: (index) => BigInt(closeTime(index)) },
    iso: (index) => `${new Date(closeTime(index) * 1000).toISOString().slice(0, 19)}Z`,
  };
}

function check(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high)
    throw new ParquetryError(
      'USAGE',
      `The sample's ${name} is ${value}; it must be a whole number from ${low} to ${high}.`,
      {
        details: { [name]: value },
      },
    );
}
