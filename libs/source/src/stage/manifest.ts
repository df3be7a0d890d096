import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  type FileIdentity,
  ParquetryError,
  type StagedDataset,
  type StageManifest,
  fileIdentity,
  sameFile,
  systemErrorCode,
} from '@parquetry/core';
import { HASH_BYTES } from '@parquetry/schema';
import { replaceFile } from '@parquetry/system';

const NAME = 'manifest.json';

/** The row hashes of all datasets, one after the other. Two steps read them, and every step parses the manifest. */
export const ROW_HASHES_FILE = 'rowhashes';

/** Writes a stage's manifest as the last file of a pull: a stage without it is unfinished. */
export async function writeManifest(stageDir: string, manifest: StageManifest): Promise<void> {
  const hashes: Buffer[] = [];
  let at = 0;
  const datasets = manifest.datasets.map(({ rowHashes, ...staged }) => {
    if (rowHashes === undefined) return staged;
    const bytes = Buffer.from(rowHashes, 'base64');
    const rowHashesAt = at;
    hashes.push(bytes);
    at += bytes.length;
    return { ...staged, rowHashesAt };
  });
  if (at > 0) await replaceFile(path.join(stageDir, ROW_HASHES_FILE), Buffer.concat(hashes));
  await replaceFile(path.join(stageDir, NAME), JSON.stringify({ ...manifest, datasets }));
}

/**
 * The row hashes of a dataset of a manifest, base64; undefined if the pull had none.
 * @throws ParquetryError STAGE_LOST
 */
export async function readRowHashes(
  stageDir: string,
  { rowHashes, rowHashesAt: at, ledgers }: StagedDataset,
): Promise<string | undefined> {
  if (at === undefined || ledgers.length === 0) return at === undefined ? rowHashes : '';
  const bytes = Buffer.alloc(ledgers.length * HASH_BYTES);
  try {
    const file = await open(path.join(stageDir, ROW_HASHES_FILE), 'r');
    try {
      const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
      if (bytesRead === bytes.length) return bytes.toString('base64');
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (systemErrorCode(cause) !== 'ENOENT') throw cause;
    throw lost(stageDir, cause);
  }
  throw lost(stageDir);
}

/** Whether the pull of a stage is complete. */
export async function hasManifest(stageDir: string): Promise<boolean> {
  return stat(path.join(stageDir, NAME)).then(
    () => true,
    () => false,
  );
}

/** The manifests that were read last, with the files' identities: every step of every dataset reads its stage's. */
const cache = new Map<string, { readonly file: FileIdentity; readonly manifest: StageManifest }>();
const CACHED = 8;
/** Larger files are not cached, so that the memory for manifests stays small. */
const CACHED_BYTES = 1 << 20;

/**
 * Reads a stage's manifest, which never changes.
 * @throws ParquetryError STAGE_LOST when the stage is not on this machine or unfinished
 */
export async function readManifest(stageDir: string): Promise<StageManifest> {
  const name = path.join(stageDir, NAME);
  try {
    const file = fileIdentity(await stat(name));
    const known = cache.get(stageDir);
    if (known !== undefined && sameFile(known.file, file)) return known.manifest;
    const text = await readFile(name, 'utf8');
    const manifest = JSON.parse(text) as StageManifest;
    const oldest = cache.size >= CACHED ? cache.keys().next().value : undefined;
    if (oldest !== undefined) cache.delete(oldest);
    if (text.length <= CACHED_BYTES) cache.set(stageDir, { file, manifest });
    return manifest;
  } catch (cause) {
    if (systemErrorCode(cause) !== 'ENOENT') throw cause;
    throw lost(stageDir, cause);
  }
}

function lost(stageDir: string, cause?: unknown): ParquetryError {
  return new ParquetryError('STAGE_LOST', `The stage ${path.basename(stageDir)} is not on this worker.`, {
    hint: 'The partition is pulled again.',
    cause,
  });
}
