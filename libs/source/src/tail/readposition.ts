import type { SourceFile } from '../ndjson/files/sourcefile';

/** The position in a file when a flush was decided. */
export interface ReadPosition {
  readonly path: string;
  /** Offset of the first line that may have messages for later flushes. */
  readonly from: number;
  /** 1-based number of the line at `from`. */
  readonly line: number;
  /** All lines before this offset were read: their messages up to the flush's end are committed with it. */
  readonly seen: number;
  /** Stored size in bytes; only for compressed files, which never grow. */
  readonly packedSize?: number;
}

/** The part of a flush's plan, besides its blocks, from which the next flush continues reading. */
export interface TailPositions {
  readonly marks: readonly ReadPosition[];
}

/** Consecutive whole lines with messages that wait for a flush. */
interface WaitingBlock {
  readonly start: number;
  readonly length: number;
  readonly line: number;
  readonly first: number;
  readonly last: number;
  readonly datasets: readonly string[];
  readonly hash: string;
}

/** A file that a tail reads. */
export interface FollowedFile {
  source: SourceFile;
  /** Offset of the first byte that this reader has not read. */
  next: number;
  /** Number of the line at `next`. */
  line: number;
  /** Lines before this offset were read for an earlier flush: their messages for its ledgers are committed, not late. */
  readonly seen: number;
  blocks: WaitingBlock[];
}

/** The position in a file for a flush that ends at `end`. */
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
