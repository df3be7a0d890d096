// Loaded before a worker that is watched (`node --expose-gc --require`): on SIGUSR2 every thread collects its garbage, and
// the main thread then writes what the process uses to the file in PARQUETRY_MEASURED. What is left is in use or lost;
// without this, memory also holds garbage that V8 has no reason to collect yet.
const { renameSync, writeFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');
const { setTimeout: sleep } = require('node:timers/promises');

const file = process.env.PARQUETRY_MEASURED;
/** Time for the other threads to collect, milliseconds: a busy one does it after its current work. */
const COLLECTING_MS = 1000;

if (file !== undefined && typeof globalThis.gc === 'function') {
  const channel = new BroadcastChannel('parquetry-measured');
  if (isMainThread)
    process.on('SIGUSR2', async () => {
      channel.postMessage('collect');
      globalThis.gc();
      await sleep(COLLECTING_MS);
      globalThis.gc();
      const { rss, heapUsed } = process.memoryUsage();
      writeFileSync(`${file}.draft`, JSON.stringify({ rss, heapUsed }));
      renameSync(`${file}.draft`, file);
    });
  else channel.onmessage = () => globalThis.gc();
  // It must not keep a thread alive.
  channel.unref();
}
