import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedBinary } from '../binary';

/** A fresh folder of a test, and its removal. */
export function tempFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'parquetry-temporal-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Writes an executable shell script. */
export function script(folder: string, name: string, body: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** The installed server binary, without download or build. Synchronous, so that it can decide skips. */
export function realBinary(): string | undefined {
  const found = spawnSync('temporal', ['--version'], { encoding: 'utf8' });
  if (found.status === 0) return 'temporal';
  return existsSync(cachedBinary()) ? cachedBinary() : undefined;
}
