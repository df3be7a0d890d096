import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findTemporalBinary } from '@parquetry/temporal';
import { DefaultLogger, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { Rig } from '../workflows/rig';
import { parseHistory } from './history';
import { SCENARIOS } from './scenarios';

const ROOT = path.resolve(__dirname, '../..');
const WORKFLOWS = require.resolve('../../libs/workflows/dist/workflows.js');
/** Set by tools/record-replay.mjs: the folder below tests/replay that new histories go to. */
const RECORD = process.env['PARQUETRY_RECORD_REPLAY'];

/** A recorded history: the CLI's JSON and the workflow's id. */
interface Recorded {
  readonly workflowId: string;
  readonly events: readonly unknown[];
}

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
    it.each(Object.keys(SCENARIOS))(
      '%s',
      async (name) => {
        const dir = path.join(__dirname, RECORD);
        mkdirSync(dir, { recursive: true });
        await SCENARIOS[name]?.(rig, async (file, workflowId) => {
          const target = path.join(dir, `${file}.json`);
          if (existsSync(target)) throw new Error(`${target} is there: histories are never replaced`);
          // The CLI's JSON, which is also what the UI downloads.
          const { server, namespace } = rig.server;
          const history = execFileSync(
            (await findTemporalBinary()) ?? 'temporal',
            [
              'workflow',
              'show',
              '-w',
              workflowId,
              '-o',
              'json',
              '--address',
              server.address,
              '-n',
              namespace,
            ],
            { maxBuffer: 64 << 20, encoding: 'utf8' },
          );
          // Stack traces name where this checkout lies; that is nobody's business.
          const plain = history.replaceAll(`${ROOT}${path.sep}`, '');
          writeFileSync(target, `${JSON.stringify({ workflowId, ...(JSON.parse(plain) as object) })}\n`);
        });
      },
      120_000,
    );
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

    it.each(fixtures())(
      '%s',
      async (name) => {
        // Ids of children are made from the workflow's own, which a history does not hold.
        const recorded = JSON.parse(readFileSync(path.join(__dirname, name), 'utf8')) as Recorded;
        const { workflowId, ...history } = recorded;
        await Worker.runReplayHistory({ workflowBundle: { code } }, parseHistory(history), workflowId);
      },
      60_000,
    );
  });
