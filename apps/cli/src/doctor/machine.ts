import { access, mkdtemp, rmdir, statfs } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '@parquetry/core';
import { formatBytes } from '../output';
import { IDLE_BYTES, machineMemory, workerSettings } from '../workeroptions';
import { type Check, type Line, fault, ok, warning } from './finding';

/** Below this, a pull may stop with STAGE_FULL at any time. */
const LEAST_DISK = 1e9;
const FEW_DISK = 10e9;

/** Checks the version of Node. */
export function nodeCheck(needed: string, version = process.versions.node): Check {
  return {
    name: 'node',
    run: async () => [
      atLeast(version, needed.replace(/^\D*/, ''))
        ? ok(`Node ${version}`)
        : fault(`Node ${version} is too old: Parquetry needs ${needed}.`, 'Install Node 20.19 or newer.'),
    ],
  };
}

/** Whether a version has at least the parts of another one. */
function atLeast(version: string, needed: string): boolean {
  const [have, want] = [version, needed].map((text) => text.split('.').map(Number));
  for (const [index, part] of (want ?? []).entries())
    if ((have?.[index] ?? 0) !== part) return (have?.[index] ?? 0) > part;
  return true;
}

/** Checks that a worker with the setting `memory` fits into the machine or container. */
export function memoryCheck(memory: number | undefined, total = machineMemory()): Check {
  return {
    name: 'memory',
    run: async () => {
      const { memoryBytes } = workerSettings(memory === undefined ? {} : { memory });
      const text = `${formatBytes(total)}; a worker uses up to ${formatBytes(memoryBytes)} and ${formatBytes(IDLE_BYTES)} when idle`;
      return [
        memoryBytes + IDLE_BYTES <= total
          ? ok(`${text}.`)
          : fault(
              `${text}: more than this machine has.`,
              'Set --memory lower, or give the worker more memory.',
            ),
      ];
    },
  };
}

/** Checks the disk of the work folder. */
export function diskCheck(folder: string): Check {
  return { name: 'disk', run: async () => [await diskOf(folder)] };
}

async function diskOf(folder: string): Promise<Line> {
  const existing = await nearestFolder(folder);
  try {
    await rmdir(await mkdtemp(path.join(existing, '.parquetry-doctor-')));
  } catch (error) {
    return fault(
      `The work folder ${folder} can't be written: ${systemErrorCode(error)} for ${existing}.`,
      'Give the user of the worker write access, or set --stage to another folder.',
    );
  }
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const text = `${formatBytes(free)} free for the work folder ${folder}`;
  if (free < LEAST_DISK)
    return fault(`${text}.`, 'Free disk space, or set --stage to a folder on a larger disk.');
  if (free < FEW_DISK)
    return warning(
      `${text}: little for large partitions.`,
      'A worker needs the rows of all running partitions there; set --stage to a larger disk.',
    );
  return ok(`${text}.`);
}

/** The folder, or the nearest folder above it that exists. */
async function nearestFolder(folder: string): Promise<string> {
  for (let at = path.resolve(folder); ; at = path.dirname(at))
    if (
      at === path.dirname(at) ||
      (await access(at).then(
        () => true,
        () => false,
      ))
    )
      return at;
}
