import type { SourceFile } from '../ndjson/files/sourcefile';

/** How far one file was read when a flush was cut. */
export interface ReadPosition {
  readonly path: string;
  /** Offset of the first line that may have messages after the flush. */
  readonly from: number;
  /** 1-based number of the line at `from`. */
  readonly line: number;
  /** Everything before this offset was looked at: its messages up to the flush's end are committed with it. */
  readonly seen: number;
  /** Bytes as stored; only for packed files, which never grow. */
  readonly packedSize?: number;
}

/** What a flush of messages needs beside its blocks, kept in its plan: the next flush reads on from here. */
export interface TailPositions {
  readonly marks: readonly ReadPosition[];
}

/** A run of whole lines that has messages that wait. */
export interface WaitingBlock {
  readonly start: number;
  readonly length: number;
  readonly line: number;
  readonly first: number;
  readonly last: number;
  readonly datasets: readonly string[];
  readonly hash: string;
}

/** One file as a tail reads it. */
export interface FollowedFile {
  source: SourceFile;
  /** First byte that was not looked at in this life of the reader. */
  next: number;
  /** Number of the line at `next`. */
  line: number;
  /** Looked at before: its messages for committed ledgers are no news. */
  readonly seen: number;
  blocks: WaitingBlock[];
}

/** The mark of a file for a flush that ends at `end`. */
export function readPosition(file: FollowedFile, end: number): ReadPosition {
  const { source, next, line } = file;
  const waiting = file.blocks.filter((block) => block.last > end);
  const first = waiting.reduce<WaitingBlock | undefined>(
    (least, block) => (least === undefined || block.start < least.start ? block : least),
    undefined,
  );
  return {
    path: source.path,
    from: first?.start ?? next,
    line: first?.line ?? line,
    seen: Math.max(next, file.seen),
    ...(source.packing === 'none' ? {} : { packedSize: source.size }),
  };
}
