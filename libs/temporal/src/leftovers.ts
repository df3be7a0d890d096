import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning } from '@parquetry/system';
import { type DevHome, readRecord } from './home';
import { isAbandoned } from './lock';

/**
 * Paths of locks, users and server records in a home folder whose processes are dead. The next command that uses the
 * embedded server removes them.
 */
export async function leftRecords(home: DevHome): Promise<string[]> {
  const users = await readdir(home.usersFolder).catch(() => []);
  const files = [
    home.lockFile,
    `${home.lockFile}.break`,
    ...users.map((name) => join(home.usersFolder, name)),
  ];
  const left: string[] = [];
  for (const file of files) if ((await exists(file)) && (await isAbandoned(file))) left.push(file);
  const record = await readRecord(home);
  if (record !== undefined && !isRunning(record.server)) left.push(home.devFile);
  return left;
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
