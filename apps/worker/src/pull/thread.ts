import v8 from 'node:v8';
import { type MessagePort, parentPort } from 'node:worker_threads';
import type { StageManifest } from '@parquetry/core';
import { setObserver } from '@parquetry/system';
import { runPull } from './job';
import { type FromThread, type ToThread, plainError } from './messages';
import { Recorder } from './recorder';

/** A pull thread: runs one job at a time and reports progress. */
function serve(port: MessagePort): void {
  let abort = new AbortController();
  const tell = (message: FromThread): void => port.postMessage(message);
  const recorder = new Recorder((operations) => tell({ kind: 'operations', operations }));
  const tellLast = (message: FromThread): void => {
    recorder.flush();
    tell(message);
  };
  port.on('message', (message: ToThread) => {
    if (message.kind === 'abort') return abort.abort();
    abort = new AbortController();
    const { job, decisions, operations } = message;
    setObserver(operations ? recorder.observer : undefined);
    runPull(job, {
      signal: abort.signal,
      onProgress: (progress) => tell({ kind: 'progress', progress }),
      ...(decisions ? { onDecision: (decision) => tell({ kind: 'decision', decision }) } : {}),
    }).then(
      (manifest: StageManifest) =>
        tellLast({ kind: 'done', manifest, heapBytes: v8.getHeapStatistics().total_heap_size }),
      (error: unknown) => tellLast({ kind: 'failed', error: plainError(error) }),
    );
  });
}

if (parentPort !== null) serve(parentPort);
