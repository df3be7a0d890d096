import { DEFAULT_LEDGER_TYPES, ParquetryError, type StageManifest } from '@parquetry/core';
import {
  type DecodedLedger,
  KNOWN_NETWORKS,
  LedgerContext,
  checkLedger,
  checkLink,
  detectNetwork,
  hex,
  isStellarType,
  stellarSchemas,
} from '@parquetry/stellar';
import type { PrepareRequest, PullRequest, Source, SourceDataset, SourceIndex } from '../source';
import { writeManifest } from '../stage/manifest';
import { openFeed, openLedgerLocations } from '../ledgers/open';
import { PullStage } from './pull';

/**
 * Opens a source of whole ledgers: `galexie:PATH`, `galexie:s3://…`, `galexie:gs://…`, `rpc:URL`, or several of them
 * separated by commas, in order of preference.
 * @throws ParquetryError SOURCE_NOT_FOUND, SOURCE_INVALID, and the errors of an `ObjectStore`
 */
export async function openLedgerSource(uri: string): Promise<Source> {
  await openLedgerLocations(uri);
  return new LedgerSource(uri);
}

/** Opens one lake. @throws as `openLedgerSource` */
export function openGalexieSource(location: string): Promise<Source> {
  return openLedgerSource(`galexie:${location}`);
}

/** Derives the Stellar message types from whole ledgers. */
class LedgerSource implements Source {
  constructor(readonly uri: string) {}

  async prepare({ range, types, signal }: PrepareRequest): Promise<SourceIndex> {
    const datasets = datasetsOf(types);
    const feed = await openFeed(this.uri, undefined, signal);
    await feed.assertRange?.(range, signal);
    const probe = (feed.network === undefined ? await feed.probeNetwork?.(range, signal) : undefined) ?? {
      network: feed.network,
      bytesRead: 0,
    };
    return {
      kind: feed.kind,
      datasets,
      unusable: 0,
      filtered: 0,
      bytesRead: probe.bytesRead,
      ...(probe.network === undefined ? {} : { network: probe.network }),
      data: feed.config,
    };
  }

  async pull(request: PullRequest): Promise<StageManifest> {
    const feed = await openFeed(this.uri, request.index.data, request.signal);
    const stage = new PullStage(request.stageDir, request.datasets, request);
    const types = request.datasets.map(({ schema }) => schema.messageType).filter(isStellarType);
    let network = request.index.network;
    let chained = true;
    let firstPreviousHash = '';
    let lastHash: string | undefined;
    let bytesRead = 0;
    try {
      const { signal, unknown } = request;
      for await (const item of feed.ledgers(request.range, types, { signal, unknown })) {
        const { ledger, sequence } = item;
        bytesRead = item.bytesRead;
        const entry = ledger?.meta.value.ledgerHeader ?? item.unknown?.header;
        if (ledger !== undefined) checkLedger(ledger, lastHash);
        else if (entry !== undefined) checkLink(entry.header, lastHash);
        lastHash = entry === undefined ? undefined : hex(entry.hash);
        if (sequence < request.range.start) {
          if (entry !== undefined) stage.before(entry.header);
          continue;
        }
        if (entry === undefined) chained = false;
        else if (sequence === request.range.start) firstPreviousHash = hex(entry.header.previousLedgerHash);
        if (ledger === undefined) stage.addUnknown(item.unknown);
        else {
          network ??= detectNetwork(ledger);
          stage.addLedger(new LedgerContext(ledger, network ?? unknownNetwork(ledger)));
        }
        await stage.drain();
        request.onProgress?.({ bytesRead, rows: stage.rows, ledger: sequence });
      }
      const conservation = stage.conservation();
      const manifest: StageManifest = {
        stageId: request.stageId,
        range: request.range,
        datasets: await stage.finish(),
        bytesRead,
        // A header that can't be read proves nothing.
        proof: chained
          ? { kind: 'chain', firstPreviousHash, lastHash: lastHash ?? '' }
          : { kind: 'declared' },
        ...(conservation === undefined ? {} : { conservation }),
      };
      await writeManifest(request.stageDir, manifest);
      return manifest;
    } catch (error) {
      await stage.abandon();
      throw error;
    }
  }
}

/** Without transactions no hash depends on the network, so any passphrase works. */
function unknownNetwork(ledger: DecodedLedger): string {
  if (ledger.meta.value.txProcessing.length === 0) return KNOWN_NETWORKS[0] as string;
  throw new ParquetryError(
    'SOURCE_INVALID',
    `The network of ledger ${ledger.meta.value.ledgerHeader.header.ledgerSeq} is not a public one.`,
    { hint: 'Add a .config.json with the networkPassphrase to the lake.' },
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
