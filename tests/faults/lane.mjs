// A lane: runs one after the other in their own namespace, with one worker that keeps running between them unless a run
// kills or replaces it, and proxies to the Temporal server and to the store that can fail.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openGate, openStoreGate } from './gates.mjs';
import { mountDisk, unmountDisk } from './disks.mjs';
import { parquetry, require, ROOT } from './processes.mjs';

export const WORKER = ['--memory', '256MB', '--threads', '1', '--slots', '3'];
const MAX_STARTS = 8;
/** How long a worker may take to answer a question. */
const ANSWER_MS = 60_000;
/** A name, so that `hook.cjs` can let it fail. */
const STORE_HOST = 'localhost';

export class Lane {
  /** @param store what `openStorage` gives; @param temporal what `startTemporal` gives */
  constructor(name, root, store, temporal) {
    this.name = name;
    this.store = store;
    this.dir = path.join(root, name);
    this.temporal = temporal;
    mkdirSync(this.dir, { recursive: true });
  }

  /** The archive of a run. */
  archive(name) {
    return this.archives === undefined ? this.store.archive(name) : path.join(this.archives, name);
  }

  get client() {
    return this.temporal.client(this.name);
  }

  /** @param needs what its kinds need: 'temporal' and 'old' change nothing here, 'disk' is a small file system */
  async open(needs) {
    if (needs === 'disk') {
      this.disks = [path.join(this.dir, '.parquetry')];
      if (this.store.endpoint === undefined)
        this.disks.push((this.archives = path.join(this.dir, 'archives')));
      for (const disk of this.disks)
        if (!mountDisk(disk)) throw new Error('a small file system could not be mounted');
    }
    this.gate = await openGate(this.temporal.address);
    if (this.store.endpoint !== undefined) this.storeGate = await openStoreGate(this.store.endpoint);
    return this;
  }

  /** Called with each end of the worker: `{code, signal, stderr}`; the next worker starts after it. */
  onDeath = () => undefined;

  /** The environment of a worker of this lane; only one with `hook.cjs` knows the name of the store. */
  env(folder = this.dir, host = STORE_HOST) {
    const port = this.storeGate?.port;
    return {
      ...this.store.env,
      ...(port === undefined ? {} : this.store.at(`http://${host}:${port}`)),
      ...(port === undefined ? {} : { PARQUETRY_FAULT_ENDPOINT: `http://${host}:${port}` }),
      PARQUETRY_HOME: path.join(folder, '.parquetry'),
      TEMPORAL_ADDRESS: this.gate.address,
      TEMPORAL_NAMESPACE: this.name,
    };
  }

  /** Starts a worker unless one runs, and sends it the fault (see `hook.cjs`); `{}` for none. */
  arm(fault, { env = {}, flags = [] } = {}) {
    if (this.worker?.running() !== true) {
      const options = { cwd: this.dir, env: { ...this.env(), ...env }, flags, fault, talk: true };
      const worker = parquetry(['worker', ...WORKER], options);
      this.worker = worker;
      worker.child.on('error', () => undefined); // a message to a worker that has just ended
      void worker.ended.then((end) => {
        if (this.worker === worker && !this.closed) this.onDeath(end);
      });
    } else this.tell(fault);
  }

  /** Sends the worker a message of `hook.cjs`. */
  tell(message) {
    if (this.worker?.running()) this.worker.child.send(message, () => undefined);
  }

  /** Ends the worker without a word: the next `arm` starts another. */
  async retire() {
    const { worker } = this;
    this.worker = undefined;
    worker?.child.kill('SIGKILL');
    await worker?.ended;
  }

  /**
   * What the worker did since it was armed: `{counts: steps by kind, hits: faults it met}`; zeros from one that ended or
   * is stuck: the system may refuse memory to a process before its first line.
   */
  asked() {
    const { worker } = this;
    if (!worker?.running()) return Promise.resolve({ counts: {}, hits: 0 });
    return new Promise((resolve) => {
      const listen = (answer) =>
        answer.counts !== undefined && (worker.child.off('message', listen), resolve(answer));
      worker.child.on('message', listen);
      worker.child.send({ count: true }, () => undefined);
      const silent = sleep(ANSWER_MS, undefined, { ref: false });
      void Promise.race([worker.ended, silent]).then(() => resolve({ counts: {}, hits: 0 }));
    });
  }

  /**
   * Starts a run as `backfill` does and follows it to its end; repeats the command if it failed.
   * @param onStop called when the run waits for a person or failed: `{codes, texts, parked}`; then it is resumed
   */
  async backfill(id, input, onStop, deadline) {
    const { TASK_QUEUE } = require('@parquetry/workflows');
    const give = {
      workflowId: id,
      taskQueue: TASK_QUEUE,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
    };
    return this.follow(id, () => this.client.workflow.start('backfill', give), onStop, deadline);
  }

  /** Follows a run that `begin` starts, or starts again. */
  async follow(id, begin, onStop, deadline) {
    const { followRun } = require(path.join(ROOT, 'apps/cli/dist/follow.js'));
    const { retryPartitions } = require('@parquetry/workflows');
    let failure = 'was not started';
    const late = () => Date.now() > deadline;
    for (let starts = 0; starts < MAX_STARTS && !late(); await sleep(500)) {
      try {
        await begin();
      } catch (error) {
        failure = `could not start: ${error.message}`; // the server is away
        continue;
      }
      starts += 1;
      const left = AbortSignal.timeout(Math.max(0, Math.floor(deadline - Date.now())));
      const end = await followRun(this.client, id, left, () => undefined).catch((error) => ({ error }));
      if (end.kind === 'done') return undefined;
      if (end.kind === 'detached') return `was not done in time: ${await this.pending(id).catch(String)}`;
      if (end.error !== undefined) {
        failure = `${end.error.code ?? 'NO_CODE'} ${end.error.message}`;
        await onStop({ codes: [String(end.error.code ?? 'NO_CODE')], texts: [failure], parked: false });
        continue;
      }
      failure = JSON.stringify(end.progress);
      await onStop({ ...reasonsOf(end.progress), parked: true });
      const again = { args: [{ all: true }] };
      const retry = () => this.client.workflow.getHandle(id).executeUpdate(retryPartitions, again);
      await this.client
        .withDeadline(Date.now() + 60_000, retry)
        .catch((error) => (failure = `could not retry: ${error.message}`));
    }
    return `gave up: ${failure}`;
  }

  /** What the workflows of the run wait for. */
  async pending(id) {
    const waiting = [];
    for await (const { workflowId, runId } of this.client.workflow.list({
      query: `ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '${id}'`,
    })) {
      const { raw } = await this.client.workflow.getHandle(workflowId, runId).describe();
      for (const { activityType, attempt, state, lastFailure, lastWorkerIdentity } of raw.pendingActivities)
        waiting.push(
          `${workflowId}: ${activityType.name} attempt ${attempt} state ${state} last on ${lastWorkerIdentity}: ${lastFailure?.message}`,
        );
      if (raw.pendingActivities.length === 0) waiting.push(`${workflowId}: no activity`);
    }
    return `worker ${this.worker?.child.pid}; ${waiting.join('; ')}`;
  }

  async close() {
    this.closed = true;
    await this.retire();
    this.old?.child.kill('SIGKILL');
    await this.old?.ended;
    this.disks?.forEach(unmountDisk);
    this.gate?.stop();
    this.storeGate?.stop();
  }
}

/** Why a run waits: the codes in the words that a person reads. */
function reasonsOf({ faults = [], troubled }) {
  const { isErrorCode } = require('@parquetry/core');
  const texts = troubled.map(({ reason }) => reason);
  const found = texts.map((text) => text.match(/[A-Z][A-Z_]+/g)?.find(isErrorCode) ?? 'NO_CODE');
  const codes = [...faults.filter(({ final }) => final).map(({ code }) => code), ...found];
  return { codes: [...new Set(codes)].sort(), texts: [...faults.map(({ message }) => message), ...texts] };
}
