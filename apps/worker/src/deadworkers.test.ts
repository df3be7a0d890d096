import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { DeadWorkers } from './deadworkers';
import { Workplace } from './workplace';

const LOOK_MS = 10_000;
const MINUTE_MS = 60_000;

describe('DeadWorkers', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'parquetry-heirs-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  afterEach(() => jest.restoreAllMocks());

  let own: Workplace;
  beforeAll(async () => void (own = await Workplace.create(root)));

  const die = (id: string): void => {
    const stage = path.join(root, 'workers', id, 'stages', 'ab12');
    mkdirSync(stage, { recursive: true });
    writeFileSync(path.join(stage, 'manifest.json'), '{}');
    // No process has this number: it is beyond the largest one.
    const note = { pid: 2 ** 30, host: hostname() };
    writeFileSync(path.join(root, 'workers', id, 'worker.json'), JSON.stringify(note));
  };

  const running = (): Promise<boolean> => Promise.resolve(false);

  /** The looks that come by the clock come when the test says so. */
  const lookWhenTold = (): (() => void) => {
    let look: () => void = () => undefined;
    jest.spyOn(global, 'setInterval').mockImplementation((call, after) => {
      expect(after).toBe(LOOK_MS);
      look = call as () => void;
      return setTimeout(() => undefined, 0);
    });
    return () => look();
  };

  it('serve the queues of workers that died before and that die later, each once, and try again', async () => {
    const look = lookWhenTold();
    const served: string[] = [];
    let refuse = 0;
    const heirs = new DeadWorkers(
      root,
      own,
      async ({ workerId }) => {
        if (refuse > 0) {
          refuse -= 1;
          throw new Error('no connection');
        }
        served.push(workerId);
        return Promise.resolve(() => Promise.resolve());
      },
      running,
    );
    die('first');
    await heirs.start();
    expect(served).toEqual(['first']);
    die('second');
    refuse = 1;
    look();
    look();
    for (let turn = 0; turn < 1_000 && served.length < 2; turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await heirs.stop();
    expect(served).toEqual(['first', 'second']);
    die('third');
    look();
    await heirs.stop();
    expect(served).toEqual(['first', 'second']);
  });

  it('remove stages that are nobody’s, of their own worker too, and let a queue go that has none for long', async () => {
    const look = lookWhenTold();
    let ahead = 0;
    const { now } = Date;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
    const gone: string[] = [];
    const serve = ({ workerId }: Workplace): Promise<() => Promise<void>> =>
      Promise.resolve(() => Promise.resolve(void gone.push(workerId)));
    const heirs = new DeadWorkers(root, own, serve, running);
    const until = async (when: () => boolean): Promise<void> => {
      for (let turn = 0; turn < 200 && !when(); turn += 1) {
        look();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    rmSync(path.join(root, 'workers', 'third'), { recursive: true });
    die('fourth');
    const stage = path.join(root, 'workers', 'fourth', 'stages', 'ab12');
    const mine = own.stageDir('cd34');
    mkdirSync(mine);
    await heirs.start();
    ahead = 23 * 60 * MINUTE_MS;
    await until(() => !existsSync(stage));
    expect([existsSync(stage), existsSync(mine)]).toEqual([true, true]);
    ahead = 25 * 60 * MINUTE_MS;
    // The stage that something was written in stays.
    const young = new Date(Date.now() - MINUTE_MS);
    utimesSync(path.join(stage, 'manifest.json'), young, young);
    await until(() => !existsSync(mine));
    expect([existsSync(stage), existsSync(mine)]).toEqual([true, false]);
    rmSync(stage, { recursive: true });
    await until(() => false);
    expect(gone).toEqual([]);
    ahead += 16 * MINUTE_MS;
    await until(() => gone.length > 0);
    await until(() => false);
    await heirs.stop();
    expect(gone).toEqual(['fourth']);
  });
});
