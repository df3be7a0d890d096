// The order of test files: the slow ones first, so that no core is idle at the end while one long file runs. Jest orders by
// durations that it has measured, which a new machine does not have.
const { existsSync } = require('node:fs');
const path = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

const root = path.dirname(__dirname);

/** Files of 25 seconds or more, in the order of their durations. */
const SLOW = [
  'tests/e2e/tail',
  'tests/interop/spark',
  'tests/e2e/inspect',
  'tests/e2e/rpc',
  'tests/e2e/compare',
  'tests/e2e/builds',
  'tests/docs/commands',
  'tests/e2e/messagetail',
  'tests/storage/remote',
  'tests/interop/iceberg',
  'tests/e2e/goldens',
  'tests/e2e/metrics',
  'tests/e2e/maintain',
  'tests/e2e/cluster',
  'tests/e2e/leftovers',
  'tests/workflows/backfill',
  'tests/fuzz/targets',
  'tests/e2e/config',
  'tests/package/package',
  'tests/storage/archivechanged',
  'tests/faults/damage',
  'tests/workflows/messages',
  'tests/workflows/tail',
  'tests/files/hostile',
  'tests/security/iam',
  'tests/storage/archive',
  'tests/e2e/contracts',
  'tests/browser/report',
  'tests/security/temporal',
  'tests/e2e/doctor',
  'apps/worker/src/activities/writeparquet',
  'tests/storage/conformance',
  'libs/writer/src/writer',
  'tests/files/export',
  'libs/archive/src/publish',
  'tests/iceberg/races',
  'tests/e2e/ndjson',
  'tests/files/verify',
  'libs/archive/src/schedules',
  'tests/replay/replay',
  'tests/e2e/usage',
  'tests/storage/clone',
  'libs/archive/src/restore/restore',
  'libs/sample/src/lake',
  'libs/source/src/ndjson/kernel/kernel',
  'tests/files/partition',
].map((name) => path.join(root, `${name}.test.ts`));

const lost = SLOW.filter((file) => !existsSync(file));
if (lost.length > 0)
  throw new Error(`tools/sequencer.cjs lists tests that do not exist: ${lost.join(', ')}.`);

const rank = new Map(SLOW.map((file, index) => [file, index]));

module.exports = class SlowFirst extends Sequencer {
  sort(tests) {
    const place = ({ path: file }) => rank.get(file) ?? SLOW.length;
    return super.sort(tests).sort((a, b) => place(a) - place(b));
  }
};
