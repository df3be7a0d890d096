import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { Rig } from '../workflows/rig';
import { SCENARIOS } from './scenarios';

const WORKFLOWS = require.resolve('../../libs/workflows/dist/workflows.js');
/** Set by tools/record-replay.mjs: the folder below tests/replay that new histories go to. */
const RECORD = process.env['PARQUETRY_RECORD_REPLAY'];

/** Fixtures by `{version}/{name}`. */
function fixtures(): string[] {
  return readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort();
}

if (RECORD !== undefined)
  describe(`histories of ${RECORD} are recorded`, () => {
    let rig: Rig;
    beforeAll(async () => void (rig = await Rig.start()), 120_000);
    afterAll(() => rig?.stop());
    it.each(Object.keys(SCENARIOS))('%s', async (name) => {
      const dir = path.join(__dirname, RECORD);
      mkdirSync(dir, { recursive: true });
      await SCENARIOS[name]?.(rig, async (file, workflowId) => {
        const target = path.join(dir, `${file}.json`);
        if (existsSync(target)) throw new Error(`${target} is there: histories are never replaced`);
        const history = await rig.server.client.workflow.getHandle(workflowId).fetchHistory();
        writeFileSync(target, `${JSON.stringify(historyToJSON(history))}\n`);
      });
    }, 120_000);
  });
else
  describe('workflow code replays recorded histories', () => {
    let code = '';
    beforeAll(async () => {
      Runtime.install({ logger: new DefaultLogger('ERROR') });
      ({ code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: new DefaultLogger('ERROR') }));
    }, 60_000);

    it('has histories of every workflow', () => {
      const names = fixtures().map((name) => path.basename(name, '.json').split('-')[0]);
      expect(new Set(names)).toEqual(new Set(['backfill', 'compact', 'partition', 'scheduled', 'tail']));
    });

    it.each(fixtures())('%s', async (name) => {
      const history: unknown = JSON.parse(readFileSync(path.join(__dirname, name), 'utf8'));
      await Worker.runReplayHistory({ workflowBundle: { code } }, history);
    }, 60_000);
  });
