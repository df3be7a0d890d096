import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { Heirs } from './heirs';

const LOOK_MS = 10_000;

describe('Heirs', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'parquetry-heirs-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  afterEach(() => jest.restoreAllMocks());

  const die = (id: string): void => {
    mkdirSync(path.join(root, 'workers', id, 'stages', 'ab12'), { recursive: true });
    // No process has this number: it is beyond the largest one.
    const note = { pid: 2 ** 30, host: hostname() };
    writeFileSync(path.join(root, 'workers', id, 'worker.json'), JSON.stringify(note));
  };

  it('serve the queues of workers that died before and that die later, each once, and try again', async () => {
    let look: () => void = () => undefined;
    jest.spyOn(global, 'setInterval').mockImplementation((call, after) => {
      expect(after).toBe(LOOK_MS);
      look = call as () => void;
      return setTimeout(() => undefined, 0);
    });
    const served: string[] = [];
    let refuse = 0;
    const heirs = new Heirs(root, async ({ workerId }) => {
      if (refuse > 0) {
        refuse -= 1;
        throw new Error('no connection');
      }
      served.push(workerId);
      return Promise.resolve();
    });
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
});
