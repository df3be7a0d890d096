import { createHash } from 'node:crypto';
import { type Archive, META_FOLDER, whenAbsent } from '@parquetry/archive';
import type { FileShare } from '@parquetry/workflows';

/** The share that was read last, and the run that read it. It is only a hint: without it the rotation starts anywhere. */
interface Mark extends FileShare {
  readonly run: string;
}

/** A share, and what to call when all its files were read. */
export interface DeepShare {
  readonly share: FileShare;
  done(): Promise<void>;
}

/**
 * The share of files that a run reads: the one after the share that was read last, whenever that was, so that no share is
 * left out when a run takes longer than the interval of its schedule. A repetition by the same `run` reads the same share.
 * @param first the share of the first run
 */
export async function deepShare(
  { store }: Pick<Archive, 'store'>,
  {
    run,
    first,
    datasets,
  }: { readonly run: string; readonly first: FileShare; readonly datasets?: readonly string[] },
): Promise<DeepShare> {
  // Each scope has its own rotation.
  const scope = datasets === undefined ? '' : `-${hash(JSON.stringify([...datasets].sort()))}`;
  const key = `${META_FOLDER}/upkeep/deep${scope}.json`;
  const mark = parse(await store.get(key).catch(whenAbsent));
  const { of } = first;
  const next = mark?.run === run ? 0 : 1;
  const share = mark?.of === of ? { part: (mark.part + next) % of, of } : first;
  return {
    share,
    done: () => store.replace(key, Buffer.from(`${JSON.stringify({ run, ...share })}\n`)),
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function parse(bytes: Uint8Array | undefined): Mark | undefined {
  if (bytes === undefined) return undefined;
  try {
    const { run, part, of } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Mark;
    return typeof run === 'string' && Number.isSafeInteger(part) && part >= 0 && Number.isSafeInteger(of)
      ? { run, part, of }
      : undefined;
  } catch {
    return undefined;
  }
}
