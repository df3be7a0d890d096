import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isParquetryError, ParquetryError } from '@parquetry/core';
import { resolveTemporalBinary } from './binary';
import type { Connected } from './connect';
import type { DevHome, DevPorts, DevRecord, DevUser } from './home';
import { lastPorts, liveUsers, prepareHome, readRecord, rememberPorts, writeRecord } from './home';
import { awaitServer, DEV_NAMESPACE, launchServer, stopServer } from './launch';
import { keepFresh, withLock } from './lock';
import { answers, freePorts } from './ports';
import { isRunning, self } from '@parquetry/system';
import type { Environment } from './tools';
import { elapsed } from './tools';

/** A lease on the embedded server, with an open connection to it. */
export interface DevServer extends Connected {
  /** `127.0.0.1:port` of the gRPC front end. */
  readonly address: string;
  readonly uiUrl: string;
  /** False when the server was already running. */
  readonly started: boolean;
  /** Closes the connection and releases the lease; the last user stops the server. Idempotent. */
  release(): Promise<void>;
}

/** A running embedded server and its users. */
export interface DevStatus extends DevRecord {
  readonly users: readonly DevUser[];
}

/** Options for joining or starting the server. */
export interface AcquireOptions {
  /** Called with one line of text when something takes long: installing the binary, waiting for another command. */
  readonly onProgress?: (line: string) => void;
  /** True for `parquetry dev`, which keeps running: other commands may leave detached work to it. Default false. */
  readonly foreground?: boolean;
  /** Default `process.env`. */
  readonly env?: Environment;
  /** Path of the `temporal` binary; default: found, downloaded or built. */
  readonly binary?: string;
}

/** Starting and stopping take seconds, more on a loaded machine. */
const LOCK_WAIT_MS = 180_000;

/**
 * Joins the embedded server of this home, or starts it on the home's database. Each user has a file that identifies its
 * process, so a crashed user does not keep the server running.
 * @throws ParquetryError TEMPORAL_UNAVAILABLE
 */
export async function acquireDevServer(home: DevHome, options: AcquireOptions = {}): Promise<DevServer> {
  const env = options.env ?? process.env;
  const running = await readDevServer(home);
  // Installing the binary may take minutes: not under the lock that other users need to leave.
  const binary = options.binary ?? (running === undefined ? await findBinary(env, options) : undefined);
  await prepareHome(home);
  return locked(home, options, async () => {
    const joined = await livingServer(home);
    const { record, connected } =
      joined ?? (await start(home, binary ?? (await findBinary(env, options)), env));
    const leave = await addUser(home, options.foreground ?? false);
    let released: Promise<void> | undefined;
    return {
      address: record.address,
      uiUrl: record.uiUrl,
      ...connected,
      started: joined === undefined,
      release: () => (released ??= leaveServer(home, options, { record, connected }, leave)),
    };
  });
}

/** The running server of this home and its live users. */
export async function readDevServer(home: DevHome): Promise<DevStatus | undefined> {
  const record = await readRecord(home);
  if (record === undefined || !(await lives(record))) return undefined;
  return { ...record, users: await liveUsers(home) };
}

/**
 * Stops the server of this home, even while it has users.
 * @returns false when it was not running
 */
export async function stopDevServer(home: DevHome): Promise<boolean> {
  if ((await readRecord(home)) === undefined) return false;
  return locked(home, {}, async () => {
    const record = await readRecord(home);
    if (record === undefined) return false;
    const ran = isRunning(record.server);
    await clear(home, record);
    return ran;
  });
}

/** A ready server, and the connection that checked it. */
interface Serving {
  readonly record: DevRecord;
  readonly connected: Connected;
}

async function start(home: DevHome, binary: string, env: Environment): Promise<Serving> {
  try {
    return await startAt(await freePorts(await lastPorts(home)), home, binary, env);
  } catch (error) {
    if (!isParquetryError(error) || error.code !== 'TEMPORAL_UNAVAILABLE') throw error;
    // Another program may take a port before the server binds it: retry once with other ports.
    return startAt(await freePorts(undefined), home, binary, env);
  }
}

async function startAt(ports: DevPorts, home: DevHome, binary: string, env: Environment): Promise<Serving> {
  const { server, ended } = await launchServer(binary, home, ports, env);
  const record: DevRecord = {
    version: 1,
    server,
    ...ports,
    address: `127.0.0.1:${ports.port}`,
    uiUrl: `http://127.0.0.1:${ports.uiPort}`,
    namespace: DEV_NAMESPACE,
    startedBy: self(),
    startedAt: new Date().toISOString(),
  };
  try {
    // Recorded before the server is ready: if this process is killed now, the next one still finds it.
    await writeRecord(home, record);
    const connected = await awaitServer(home, server, ports, ended);
    // Not earlier: whether a server that exits at once was seen alive depends on timing.
    await rememberPorts(home, ports);
    return { record, connected };
  } catch (error) {
    await clear(home, record);
    throw error;
  }
}

/** The server to join. A record of a crashed machine, or a server that hangs, is removed. */
async function livingServer(home: DevHome): Promise<Serving | undefined> {
  const record = await readRecord(home);
  if (record === undefined) return undefined;
  const { host } = record.server;
  const elsewhere = (await liveUsers(home)).find((user) => user.host === host);
  if (host !== self().host && elsewhere !== undefined) throw inUse(home, elsewhere);
  if (isRunning(record.server)) {
    try {
      return { record, connected: await awaitServer(home, record.server, record) };
    } catch (error) {
      if (!isParquetryError(error) || error.code !== 'TEMPORAL_UNAVAILABLE') throw error;
    }
  }
  await clear(home, record);
  return undefined;
}

async function clear(home: DevHome, record: DevRecord): Promise<void> {
  await stopServer(record.server);
  await rm(home.devFile, { force: true });
}

async function lives(record: DevRecord): Promise<boolean> {
  return isRunning(record.server) && (await answers(record.port));
}

async function addUser(home: DevHome, foreground: boolean): Promise<() => Promise<void>> {
  const me: DevUser = { ...self(), foreground };
  const path = join(home.usersFolder, `${me.pid}-${randomUUID().slice(0, 8)}.json`);
  await writeFile(path, `${JSON.stringify(me)}\n`);
  const stopTouching = keepFresh(path);
  return async () => {
    stopTouching();
    await rm(path, { force: true });
  };
}

async function leaveServer(
  home: DevHome,
  options: AcquireOptions,
  { record: joined, connected }: Serving,
  leave: () => Promise<void>,
): Promise<void> {
  await connected.connection.close();
  await locked(home, options, async () => {
    await leave();
    if ((await liveUsers(home)).length > 0) return;
    // Without dev.json (the folder was deleted meanwhile) we still must stop the server that we joined.
    const record = (await readRecord(home)) ?? joined;
    await clear(home, record);
  });
}

function findBinary(env: Environment, options: AcquireOptions): Promise<string> {
  const { onProgress } = options;
  return resolveTemporalBinary({ env, ...(onProgress === undefined ? {} : { onProgress }) });
}

function locked<T>(home: DevHome, options: AcquireOptions, work: () => Promise<T>): Promise<T> {
  const onWait = (ms: number): void =>
    options.onProgress?.(`Waiting for another command that starts or stops Temporal (${elapsed(ms)})`);
  return withLock(home.lockFile, { waitMs: LOCK_WAIT_MS, onWait }, work);
}

function inUse(home: DevHome, user: DevUser): ParquetryError {
  return new ParquetryError(
    'TEMPORAL_UNAVAILABLE',
    `The embedded server of ${home.root} runs on another machine (${user.host}, process ${user.pid}).`,
    {
      details: { home: home.root, host: user.host },
      hint: 'Set PARQUETRY_HOME to a folder of this machine.',
    },
  );
}
