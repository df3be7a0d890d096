// Records histories of the workflow code as it is now: `node tools/record-replay.mjs VERSION` writes
// tests/replay/VERSION/*.json, which tests/replay replays from then on. Existing histories are never replaced.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const [version] = process.argv.slice(2);
if (!/^[\w.-]+$/.test(version ?? '')) {
  console.error('usage: node tools/record-replay.mjs VERSION');
  process.exit(2);
}
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const env = { ...process.env, PARQUETRY_RECORD_REPLAY: version };
process.exit(
  spawnSync(process.execPath, [jest, 'tests/replay/replay.test.ts'], { cwd: root, stdio: 'inherit', env })
    .status ?? 1,
);
