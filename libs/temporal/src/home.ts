import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemErrorCode } from '@parquetry/core';
import { type ProcessIdentity, isIdentity, replaceFile } from '@parquetry/system';
import { isAbandoned } from './lock';
import type { Environment } from './tools';
import { filled } from './tools';

/** The paths of a `.parquetry/` folder, the data of the embedded server. */
export interface DevHome {
  readonly root: string;
  /** Record of the running server; absent when it is not running. */
  readonly devFile: string;
  /** Held while the server is started, joined or stopped. */
  readonly lockFile: string;
  /** One file per user of the server, with its process id. */
  readonly usersFolder: string;
  /** Ports of the last server, reused so that links into the UI remain valid. */
  readonly portsFile: string;
  /** Temporal's SQLite database: all workflows and their histories. */
  readonly dbFile: string;
  /** Output of the server since its last start. */
  readonly logFile: string;
}

/** The two ports of a server, both on the loopback address. */
export interface DevPorts {
  readonly port: number;
  readonly uiPort: number;
}

/** `dev.json`: a running embedded server. */
export interface DevRecord extends DevPorts {
  readonly version: 1;
  readonly server: ProcessIdentity;
  readonly address: string;
  readonly uiUrl: string;
  readonly namespace: string;
  readonly startedBy: ProcessIdentity;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** A user of the server: `foreground` for `parquetry dev`, which keeps it up until the user ends it. */
export interface DevUser extends ProcessIdentity {
  readonly foreground: boolean;
}

/** The home folder: `PARQUETRY_HOME`, else `.parquetry` in `folder` (default: the working directory). */
export function devHome(env: Environment = process.env, folder: string = process.cwd()): DevHome {
  const configured = env['PARQUETRY_HOME'];
  const root = filled(configured) ? resolve(folder, configured) : resolve(folder, '.parquetry');
  return {
    root,
    devFile: join(root, 'dev.json'),
    lockFile: join(root, 'dev.lock'),
    usersFolder: join(root, 'users'),
    portsFile: join(root, 'ports.json'),
    dbFile: join(root, 'temporal.db'),
    logFile: join(root, 'temporal.log'),
  };
}

/** Creates the folders, and keeps git from committing them. */
export async function prepareHome(home: DevHome): Promise<void> {
  await mkdir(home.usersFolder, { recursive: true });
  await writeFile(join(home.root, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  });
}

/** Reads `dev.json`; undefined when it is missing or incomplete. Does not check that the server runs. */
export async function readRecord(home: DevHome): Promise<DevRecord | undefined> {
  const value = await readJson(home.devFile);
  if (value === undefined) return undefined;
  const { version, server, startedBy, address, uiUrl, namespace, startedAt } = value;
  const texts = [address, uiUrl, namespace, startedAt];
  return version === 1 &&
    isIdentity(server) &&
    isIdentity(startedBy) &&
    hasPorts(value) &&
    texts.every(isText)
    ? (value as unknown as DevRecord)
    : undefined;
}

/** Writes `dev.json`. */
export async function writeRecord(home: DevHome, record: DevRecord): Promise<void> {
  await replaceFile(home.devFile, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Records the ports of a ready server. */
export async function rememberPorts(home: DevHome, { port, uiPort }: DevPorts): Promise<void> {
  await replaceFile(home.portsFile, `${JSON.stringify({ port, uiPort })}\n`);
}

/** The ports of the last server in this home, if it had one. */
export async function lastPorts(home: DevHome): Promise<DevPorts | undefined> {
  const value = await readJson(home.portsFile);
  return value !== undefined && hasPorts(value) ? value : undefined;
}

/** The live users of the server. Removes the files of crashed users. */
export async function liveUsers(home: DevHome): Promise<DevUser[]> {
  const users: DevUser[] = [];
  for (const name of await list(home.usersFolder)) {
    const path = join(home.usersFolder, name);
    if (await isAbandoned(path)) {
      await rm(path, { force: true });
      continue;
    }
    const value: unknown = await readJson(path);
    if (isIdentity(value)) users.push({ ...value, foreground: (value as DevUser).foreground === true });
  }
  return users;
}

async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function hasPorts(value: object): value is DevPorts {
  const { port, uiPort } = value as Record<string, unknown>;
  return [port, uiPort].every(
    (each) => typeof each === 'number' && Number.isInteger(each) && each > 0 && each < 65_536,
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
