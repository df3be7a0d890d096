import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isParquetryError, ParquetryError } from '@parquetry/core';
import { ensureSearchAttributes, SEARCH_ATTRIBUTES } from './attributes';
import { type Connected, connectClient } from './connect';
import type { DevHome, DevPorts } from './home';
import { type ProcessIdentity, identify, isRunning, terminate } from '@parquetry/system';
import { answers } from './ports';
import type { Environment } from './tools';

/** The namespace of the embedded server; it always exists. */
export const DEV_NAMESPACE = 'default';

/**
 * Arguments of `temporal server start-dev` for a single machine. By default the server looks for new tasks at most 20
 * times a second, a limit that protects the database of a cluster.
 */
export const SERVER_SETTINGS = [
  '--dynamic-config-value',
  'history.transferProcessorMaxPollRPS=1000',
] as const;

/** Time limits for the first response (the server migrates its database) and for a stop before it is killed. */
const START_LIMIT_MS = 60_000;
const STOP_GRACE_MS = 15_000;

/** A started server process; `ended` resolves to the reason when it ends. */
export interface Launched {
  readonly server: ProcessIdentity;
  readonly ended: Promise<string>;
}

/**
 * Starts `temporal server start-dev` on the home's database, in its own session so that Ctrl-C in the terminal does
 * not reach it. It serves only after {@link awaitServer}.
 * @throws ParquetryError TEMPORAL_UNAVAILABLE when the binary can't be run
 */
export async function launchServer(
  binary: string,
  home: DevHome,
  ports: DevPorts,
  env: Environment,
): Promise<Launched> {
  const log = await open(home.logFile, 'w');
  const child = spawn(binary, serverArguments(home, ports), {
    cwd: home.root,
    detached: true,
    // Settings of a cluster (address, TLS, profile) are for clients; the server must not read them.
    env: Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'))),
    stdio: ['ignore', log.fd, log.fd],
  });
  const ended = new Promise<string>((done) => {
    child.once('error', (error) => done(error.message));
    child.once('exit', (code, signal) => done(signal ?? `exit code ${String(code)}`));
  });
  await log.close();
  child.unref();
  const server = child.pid === undefined ? undefined : identify(child.pid);
  if (server === undefined) throw await notStarted(home, await ended);
  return { server, ended };
}

/**
 * Waits until the server serves its namespace with our search attributes.
 * @returns the open connection that checked it; the caller closes it
 * @param ended resolves when the process ends, if the caller started it; its pid is watched in any case
 * @throws ParquetryError TEMPORAL_UNAVAILABLE with the end of its log
 */
export async function awaitServer(
  home: DevHome,
  server: ProcessIdentity,
  ports: DevPorts,
  ended?: Promise<string>,
): Promise<Connected> {
  const ready = serving(ports, server);
  const found = await (ended === undefined ? ready : Promise.race([ended, ready]));
  if (typeof found === 'string') throw await notStarted(home, found);
  return found;
}

/**
 * Stops a server of ours and waits until its process has ended: SIGTERM lets it close its database; if that takes too
 * long it is killed, which SQLite's journal tolerates.
 */
export async function stopServer(server: ProcessIdentity): Promise<void> {
  await terminate(server, STOP_GRACE_MS);
}

function serverArguments(home: DevHome, ports: DevPorts): string[] {
  const attributes = Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
    '--search-attribute',
    `${name}=${type}`,
  ]);
  return [
    ...['server', 'start-dev', '--db-filename', home.dbFile, '--ip', '127.0.0.1'],
    ...['--port', String(ports.port), '--ui-port', String(ports.uiPort), '--log-level', 'error'],
    ...SERVER_SETTINGS,
    ...attributes,
  ];
}

/** Resolves to a connection when the server is ready, or to the reason why it is not. */
async function serving(ports: DevPorts, server: ProcessIdentity): Promise<Connected | string> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (isRunning(server)) {
    const connected = (await answers(ports.uiPort)) ? await connect(`127.0.0.1:${ports.port}`) : undefined;
    if (connected !== undefined) return connected;
    if (Date.now() > deadline) return `no response within ${START_LIMIT_MS / 1000} s`;
    await sleep(50);
  }
  return 'it ended';
}

async function connect(address: string): Promise<Connected | undefined> {
  let connected: Connected | undefined;
  try {
    connected = await connectClient({ address, namespace: DEV_NAMESPACE });
    await ensureSearchAttributes(connected.connection, DEV_NAMESPACE);
    return connected;
  } catch (error) {
    await connected?.connection.close();
    if (isParquetryError(error) && error.code === 'TEMPORAL_UNREACHABLE') return undefined;
    throw error;
  }
}

async function notStarted(home: DevHome, why: string): Promise<ParquetryError> {
  const log = await readFile(home.logFile, 'utf8').catch(() => '');
  const tail = log.trim().split('\n').slice(-3).join(' / ').slice(-600);
  return new ParquetryError(
    'TEMPORAL_UNAVAILABLE',
    `The embedded Temporal server did not start (${why})${tail === '' ? '' : `: ${tail}`}.`,
    {
      details: { log: home.logFile, database: home.dbFile },
      hint: `See ${home.logFile}. If its database is damaged, move ${home.dbFile} away: archives do not depend on it.`,
    },
  );
}
