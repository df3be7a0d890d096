import type { Stats } from 'node:fs';

/** Identifies a file's content without reading it: while the identity is unchanged, so are the bytes. */
export type FileIdentity = Pick<Stats, 'dev' | 'ino' | 'size' | 'mtimeMs' | 'ctimeMs'>;

/** The identity of a file. Take it before you read the bytes, so that later changes show in the identity. */
export function fileIdentity({ dev, ino, size, mtimeMs, ctimeMs }: Stats): FileIdentity {
  return { dev, ino, size, mtimeMs, ctimeMs };
}

/** Whether a file is unchanged between two identities. */
export function sameFile(one: FileIdentity, other: FileIdentity): boolean {
  return (['dev', 'ino', 'size', 'mtimeMs', 'ctimeMs'] as const).every((key) => one[key] === other[key]);
}
