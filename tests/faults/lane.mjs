// A lane: runs one after the other in their own namespace, with one worker that keeps running between them unless a run
// kills it, and a connection to the Temporal server that can be cut.
import { mkdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parquetry, require, ROOT } from './processes.mjs';

export const WORKER = ['--memory', '256MB', '--threads', '1', '--slots', '3'];
const MAX_STARTS = 8;

export class Lane {
  /** @param store what `openStorage` gives; @param temporal what `startTemporal` gives */
  constructor(name, root, store, temporal) {
    this.name = name;
    this.store = store;
    this.dir = path.join(root, name);
    this.client = temporal.client(name);
    this.temporal = temporal;
    mkdirSync(this.dir);
  }

  async open() {
    this.gate = await openGate(this.temporal.address);
    return this;
  }

  /** Called with each end of the worker: `{code, signal, stderr}`; the next worker starts after it. */
  onDeath = () => undefined;

  /** Starts a worker unless one runs, and sends it the step to end at; `{}` for none. */
  arm(fault) {
    if (this.worker?.running() !== true) {
      const worker = parquetry(['worker', ...WORKER], {
        cwd: this.dir,
        env: {
          ...this.store.env,
          TEMPORAL_ADDRESS: this.gate.address,
          TEMPORAL_NAMESPACE: this.name,
          ...(this.store.endpoint === undefined ? {} : { PARQUETRY_FAULT_ENDPOINT: this.store.endpoint }),
        },
        fault,
        talk: true,
      });
      this.worker = worker;
      worker.child.on('error', () => undefined); // a message to a worker that has just ended
      void worker.ended.then((end) => {
        if (this.worker === worker && !this.closed) this.onDeath(end);
      });
    } else this.worker.child.send(fault, () => undefined);
  }

  /** Steps by kind since the worker was armed. */
  counts() {
    return new Promise((resolve) => {
      this.worker.child.once('message', ({ counts }) => resolve(counts));
      this.worker.child.send({ count: true });
    });
  }

  /** Starts a run as `backfill` does and follows it to its end; repeats the command if it failed. */
  async backfill(id, input, onAgain, deadline) {
    const { followRun } = require(path.join(ROOT, 'apps/cli/dist/follow.js'));
    const { TASK_QUEUE, retryPartitions } = require('@parquetry/workflows');
    const { client } = this;
    let failure = 'was not started';
    const give = { workflowId: id, taskQueue: TASK_QUEUE, args: [input] };
    for (let starts = 0; starts < MAX_STARTS;) {
      await client.workflow.start('backfill', { ...give, workflowIdConflictPolicy: 'USE_EXISTING' });
      try {
        const end = await followRun(client, id, AbortSignal.timeout(deadline - Date.now()), () => undefined);
        if (end.kind === 'done') return undefined;
        if (end.kind === 'detached') return `was not done in time: ${await this.pending(id)}`;
        failure = JSON.stringify(end.progress);
        await client.workflow.getHandle(id).executeUpdate(retryPartitions, { args: [{ all: true }] });
      } catch (error) {
        failure = `${error.code ?? ''} ${error.message}`;
      }
      starts += 1;
      onAgain();
      await sleep(500);
    }
    return `gave up ${MAX_STARTS} times: ${failure}`;
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
    this.worker?.child.kill('SIGKILL');
    await this.worker?.ended;
    this.gate?.stop();
  }
}

/** A proxy to a server: `cut(ms)` breaks all connections and accepts no new one for that time. */
async function openGate(address) {
  const [host, port] = address.split(':');
  const open = new Set();
  let shut = false;
  const server = createServer((socket) => {
    if (shut) return void socket.resetAndDestroy();
    const onward = connect(Number(port), host);
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ]) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => (open.delete(from), to.destroy()));
      from.pipe(to);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${server.address().port}`,
    cut: async (ms) => {
      shut = true;
      for (const socket of open) socket.resetAndDestroy();
      await sleep(ms);
      shut = false;
    },
    stop: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
