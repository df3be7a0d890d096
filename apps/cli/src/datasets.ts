import { ParquetryError } from '@parquetry/core';

/** The datasets that `--dataset` names, all of an archive without it. @throws ParquetryError MESSAGE_TYPE_UNKNOWN */
export function knownDatasets(all: readonly string[], wanted: readonly string[] | undefined): string[] {
  const unknown = wanted?.find((name) => !all.includes(name));
  if (unknown === undefined) return [...new Set(wanted ?? all)].sort();
  throw new ParquetryError('MESSAGE_TYPE_UNKNOWN', `The archive has no dataset "${unknown}".`, {
    hint: `It has ${all.join(', ') || 'none'}.`,
  });
}

/** Refuses to write into an archive, or around it, what belongs elsewhere. @throws ParquetryError USAGE */
export function assertApart(archive: string, target: string): void {
  const [a, b] = [`${archive}/`, `${target}/`];
  if (!a.startsWith(b) && !b.startsWith(a)) return;
  throw new ParquetryError('USAGE', `The archive ${archive} and the target ${target} contain each other.`, {
    details: { archive, target },
    hint: 'Choose another folder or prefix.',
  });
}
