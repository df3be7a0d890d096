import type { Stats } from 'node:fs';

/** What a file system says of a file's content without reading it. As long as all of it is the same, so are the bytes. */
export type FileIdentity = Pick<Stats, 'dev' | 'ino' | 'size' | 'mtimeMs' | 'ctimeMs'>;

/** The mark of a file. To be taken before its bytes are read: what changes them after that changes the mark. */
export function fileIdentity({ dev, ino, size, mtimeMs, ctimeMs }: Stats): FileIdentity {
  return { dev, ino, size, mtimeMs, ctimeMs };
}

/** Whether nothing was done to a file between two marks. */
export function sameFile(one: FileIdentity, other: FileIdentity): boolean {
  return (['dev', 'ino', 'size', 'mtimeMs', 'ctimeMs'] as const).every((key) => one[key] === other[key]);
}
