import { DEFAULT_LEDGER_TYPES, ParquetryError, type StageManifest } from '@parquetry/core';
import {
  type DecodedLedger,
  KNOWN_NETWORKS,
  LedgerContext,
  batchesOf,
  checkLedger,
  detectNetwork,
  hex,
  isStellarType,
  stellarSchemas,
} from '@parquetry/stellar';
import type { PrepareRequest, PullRequest, Source, SourceDataset, SourceIndex } from '../source';
import { writeManifest } from '../stage/manifest';
import { type LakeConfig, readLakeConfig } from './lake';
import { lakeLedgers } from './ledgers';
import { PullStage } from './pull';
import { type LakeStore, openLakeStore } from './store';

/** Objects that `prepare` reads at most to recognise the network of a lake without a manifest. */
const NETWORK_PROBES = 16;

/**
 * Opens a SEP-54 ledger lake in a local folder or a bucket (`galexie:PATH`, `galexie:s3://…`, `galexie:gs://…`).
 * @throws ParquetryError SOURCE_NOT_FOUND, SOURCE_INVALID, and the errors of an `ObjectStore`
 */
export async function openGalexieSource(location: string): Promise<Source> {
  const store = openLakeStore(location);
  await store.list('');
  return new GalexieSource(store);
}

/** A ledger lake as a source of the Stellar message types. */
export class GalexieSource implements Source {
  readonly uri: string;

  constructor(private readonly store: LakeStore) {
    this.uri = store.uri;
  }

  async prepare(request: PrepareRequest): Promise<SourceIndex> {
    const datasets = datasetsOf(request.types);
    const config = await readLakeConfig(this.store);
    const probe =
      config.network === undefined
        ? await this.probeNetwork(config, request)
        : { network: config.network, bytesRead: 0 };
    return {
      kind: 'galexie',
      datasets,
      unusable: 0,
      filtered: 0,
      bytesRead: probe.bytesRead,
      ...(probe.network === undefined ? {} : { network: probe.network }),
      data: config,
    };
  }

  async pull(request: PullRequest): Promise<StageManifest> {
    const config = request.index.data as LakeConfig;
    const stage = new PullStage(request.stageDir, request.datasets, request);
    const types = request.datasets.map(({ schema }) => schema.messageType).filter(isStellarType);
    let network = request.index.network;
    let firstPreviousHash = '';
    let lastHash: string | undefined;
    let bytesRead = 0;
    try {
      for await (const item of lakeLedgers(this.store, config, request.range, types, request.signal)) {
        const { ledger, sequence } = item;
        bytesRead = item.bytesRead;
        checkLedger(ledger, lastHash);
        const { hash, header } = ledger.meta.value.ledgerHeader;
        lastHash = hex(hash);
        if (sequence < request.range.start) continue;
        if (sequence === request.range.start) firstPreviousHash = hex(header.previousLedgerHash);
        network ??= detectNetwork(ledger);
        stage.addLedger(new LedgerContext(ledger, network ?? unknownNetwork(ledger)));
        await stage.drain();
        request.onProgress?.({ bytesRead, rows: stage.rows, ledger: sequence });
      }
      const manifest: StageManifest = {
        stageId: request.stageId,
        range: request.range,
        datasets: await stage.finish(),
        bytesRead,
        proof: { kind: 'chain', firstPreviousHash, lastHash: lastHash ?? '' },
      };
      await writeManifest(request.stageDir, manifest);
      return manifest;
    } catch (error) {
      await stage.abandon();
      throw error;
    }
  }

  private async probeNetwork(
    config: LakeConfig,
    { range, signal }: PrepareRequest,
  ): Promise<{ network: string | undefined; bytesRead: number }> {
    let bytesRead = 0;
    let probes = 0;
    for (const batch of batchesOf(config.layout, range)) {
      if (++probes > NETWORK_PROBES) break;
      const start = Math.max(range.start, batch.start);
      const end = Math.min(range.end, batch.end);
      try {
        for await (const item of lakeLedgers(this.store, config, { start, end }, [], signal)) {
          bytesRead += item.sequence === start ? item.bytesRead : 0;
          const network = detectNetwork(item.ledger);
          if (network !== undefined) return { network, bytesRead };
        }
      } catch (error) {
        // A hole or a damaged object is the pull's to report, with its partition.
        signal?.throwIfAborted();
        if (!(error instanceof ParquetryError)) throw error;
      }
    }
    return { network: undefined, bytesRead };
  }
}

/** Without transactions no hash depends on the network, so any passphrase will do. */
function unknownNetwork(ledger: DecodedLedger): string {
  if (ledger.meta.value.txProcessing.length === 0) return KNOWN_NETWORKS[0] as string;
  throw new ParquetryError(
    'SOURCE_INVALID',
    `The network of ledger ${ledger.meta.value.ledgerHeader.header.ledgerSeq} is none of the public ones.`,
    { hint: 'Put a .config.json with the networkPassphrase into the lake.' },
  );
}

function datasetsOf(types: readonly string[] | undefined): SourceDataset[] {
  const known = [...stellarSchemas.keys()];
  return [...new Set(types ?? DEFAULT_LEDGER_TYPES)].map((type) => {
    const schema = stellarSchemas.get(type);
    if (schema === undefined || !isStellarType(type))
      throw new ParquetryError(
        'MESSAGE_TYPE_UNKNOWN',
        `A ledger lake has no message type ${JSON.stringify(type.slice(0, 140))}; it has ${known.join(', ')}.`,
        { details: { known } },
      );
    return { dataset: type, schema };
  });
}
