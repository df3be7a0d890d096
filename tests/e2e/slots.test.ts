import { setTimeout as sleep } from 'node:timers/promises';
import { writeSampleLake } from '@parquetry/sample';
import { Sandbox } from '../support/cli';
import { allCover, coverageOf } from '../support/coverage';

const TAILS = 4;
/** An idle tail polls for a minute per step; in the slots of other steps, two pairs of tails would take two minutes. */
const PATIENCE_MS = 90_000;

interface Status {
  readonly status: string;
  readonly progress: { readonly phase: string };
}

describe('idle tails and a backfill on one worker', () => {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.dispose());
  const status = async (id: string): Promise<Status> => (await sandbox.json<Status>(['status', id])).document;
  const start = async (...args: string[]): Promise<string> => {
    const { code, document, stderr } = await sandbox.json<{ workflowId: string }>([...args, '--detach']);
    if (code !== 0) throw new Error(stderr);
    return document.workflowId;
  };

  it('do not block each other, although there are more tails than slots', async () => {
    const { ledgers } = await writeSampleLake({ dir: sandbox.path('lake'), ledgers: 20 });
    const dev = await sandbox.dev(['--slots', '2']);
    const source = ['--source', 'galexie:lake'];
    const tails: string[] = [];
    for (let tail = 0; tail < TAILS; tail += 1)
      tails.push(await start('tail', ...source, '--archive', `tail-${tail}`, '--from', 'latest'));
    for (const id of tails) while ((await status(id)).progress.phase !== 'waiting') await sleep(200);

    const asked = Date.now();
    const run = await start(
      ...['backfill', ...source, '--archive', 'archive', '--partition-size', '5'],
      ...['--ledgers', `${ledgers.start}-${ledgers.end}`],
    );
    while ((await status(run)).status === 'RUNNING' && Date.now() - asked < PATIENCE_MS) await sleep(200);
    expect((await status(run)).status).toBe('COMPLETED');
    expect(await coverageOf(sandbox.path('archive'))).toEqual(allCover(ledgers));
    for (const id of tails) {
      expect(await status(id)).toMatchObject({ status: 'RUNNING', progress: { phase: 'waiting' } });
      expect((await sandbox.run(['stop', id])).code).toBe(0);
    }
    dev.child.kill('SIGINT');
    expect((await dev.ended).code).toBe(0);
  }, 300_000);
});
