// A machine that fails its worker: clock, disk, memory.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ALL = ['local', 's3', 'gcs'];
const FAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/faketime/libfaketimeMT.so.1',
].find(existsSync);

/** The wall clock of the worker jumps by hours, forward and back. Its monotonic clock continues, as after a real jump. */
const clock = {
  name: 'clock-jump',
  stores: ALL,
  weight: 2,
  codes: ['PERMISSION_DENIED'],
  missing: () =>
    FAKETIME === undefined ? 'libfaketime is not installed (apt-get install faketime)' : undefined,
  worker: (run) => {
    run.file = path.join(run.dir, 'clock');
    writeFileSync(run.file, '+0\n');
    return {
      env: {
        ...{ LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: run.file, FAKETIME_CACHE_DURATION: '1' },
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    };
  },
  strike: async (run) => {
    // The worker of the run has to start first.
    if (!(await run.pause(2500 + run.moment()))) return;
    for (let jumps = 1 + Math.floor(run.next() * 3); jumps > 0 && !run.over; jumps--) {
      const hours = Math.floor((run.next() * 2 - 1) * 48 * 3600);
      writeFileSync(run.file, `${hours < 0 ? '' : '+'}${hours}\n`);
      run.faults += 1;
      await run.pause(3000);
    }
  },
  lift: (run) => writeFileSync(run.file, '+0\n'),
};

/** Fills a disk but for some bytes, and frees it again. */
function fill(folder, rest) {
  const { bavail, bsize } = statfsSync(folder);
  try {
    writeFileSync(path.join(folder, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - rest)));
  } catch (error) {
    // The worker took the space in between: the disk is full all the same.
    if (error.code !== 'ENOSPC') throw error;
  }
}

const fullDisk = {
  name: 'disk-full',
  stores: ALL,
  weight: 3,
  lane: 'disk',
  codes: ['STAGE_FULL', 'STORAGE_FULL'],
  missing: () => (process.getuid() === 0 ? undefined : 'only root can mount a small file system'),
  strike: async (run) => {
    if (!(await run.pause(run.moment() * 0.7))) return;
    const disks = run.lane.disks;
    run.disk = disks[Math.floor(run.next() * disks.length)];
    fill(run.disk, run.next() * 200_000);
    run.faults += 1;
    // Half of them are free again before anyone is asked.
    if (run.next() < 0.5) return;
    await run.pause(1000 + run.next() * 6000);
    free(run);
  },
  lift: (run) => free(run),
};

function free({ disk }) {
  if (disk !== undefined) rmSync(path.join(disk, 'filler'), { force: true });
}

/** Single writes, fsyncs or links that find no space. */
const fullStep = {
  name: 'disk-full-step',
  stores: ALL,
  weight: 3,
  codes: ['STAGE_FULL', 'STORAGE_FULL'],
  step: (run) => {
    const local = run.lane.storeGate === undefined;
    const full = local && run.next() < 0.6 ? 'archive' : 'stage';
    const { counts } = run.scale;
    const steps = Object.keys(counts).filter((kind) => !/^(PUT|POST|DELETE) /.test(kind) && kind !== 'other');
    const most = steps.reduce(
      (sum, kind) => sum + ((kind === 'stage') === (full === 'stage') ? counts[kind] : 0),
      0,
    );
    return { full, at: Math.floor(run.next() * most), count: 1 + Math.floor(run.next() ** 3 * 60) };
  },
  lift: (run) => run.lane.tell({}),
};

const slowDisk = {
  name: 'disk-slow',
  stores: ALL,
  weight: 2,
  step: (run) => ({ slow: 50 + run.next() * 400 }),
};

const ended = ({ code, signal }) =>
  code === 134 || ['SIGABRT', 'SIGTRAP', 'SIGSEGV', 'SIGILL'].includes(signal);

/** A worker whose JavaScript heap is too small ends in the middle of its work; the next one has no limit. */
const smallHeap = {
  name: 'memory-heap',
  stores: ALL,
  death: ended,
  worker: (run) => ({
    flags: [`--max-old-space-size=${Math.floor((26 + run.next() * 12) / run.haste ** 0.2)}`],
  }),
};

/** The worker gets no more memory from the system from a moment on. */
const noMemory = {
  name: 'memory-limit',
  stores: ALL,
  weight: 2,
  used: true,
  death: (end) => ended(end) || (end.code === 1 && end.stderr.includes('OUT_OF_MEMORY')),
  codes: ['OUT_OF_MEMORY', 'WRITE_FAILED'],
  missing: () => (spawnSync('prlimit', ['--version']).status === 0 ? undefined : 'prlimit is not installed'),
  strike: async (run) => {
    if (!(await run.pause(run.moment()))) return;
    const { pid } = run.lane.worker.child;
    const used = Number(/VmData:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
    const limit = Math.floor(used + run.next() * 24 * 2 ** 20);
    if (spawnSync('prlimit', [`--pid=${pid}`, `--data=${limit}:`]).status !== 0) return;
    run.faults += 1;
    run.limited = pid;
  },
  lift: (run) => void (run.limited && spawnSync('prlimit', [`--pid=${run.limited}`, '--data=unlimited:'])),
};

export const KINDS = [clock, fullDisk, fullStep, slowDisk, smallHeap, noMemory];
