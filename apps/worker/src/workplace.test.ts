import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { Workplace } from './workplace';

describe('Workplace', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'parquetry-work-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const leaveBehind = (id: string, pid: number, host = hostname()): void => {
    mkdirSync(path.join(root, 'workers', id, 'stages', 'ab12'), { recursive: true });
    mkdirSync(path.join(root, 'workers', id, 'tmp', 'spill'), { recursive: true });
    writeFileSync(path.join(root, 'workers', id, 'worker.json'), JSON.stringify({ pid, host }));
  };
  const dead = (): number => spawnSync(process.execPath, ['-e', '']).pid;

  it('goes when nothing is staged and stays for the next worker when something is', async () => {
    const own = await Workplace.create(root);
    const dir = path.dirname(own.tempDir);
    await own.leave();
    expect(existsSync(dir)).toBe(false);
    const other = await Workplace.create(root);
    mkdirSync(other.stageDir('ff'), { recursive: true });
    await other.leave();
    expect(existsSync(other.stageDir('ff'))).toBe(true);
    rmSync(path.dirname(other.tempDir), { recursive: true });
  });

  it('is adopted once, with its stages, when its worker is dead', async () => {
    leaveBehind('killed', dead());
    leaveBehind('alive', process.pid);
    leaveBehind('elsewhere', dead(), 'another-host');
    const taken = (await Promise.all([Workplace.adopt(root), Workplace.adopt(root)])).flat();
    expect(taken.map(({ workerId }) => workerId)).toEqual(['killed']);
    expect(existsSync(taken[0]?.stageDir('ab12') ?? '')).toBe(true);
    expect(existsSync(taken[0]?.tempDir ?? root)).toBe(false);
    expect(readdirSync(path.join(root, 'workers')).sort()).toEqual(['alive', 'elsewhere', 'killed']);
  });

  it('is adopted although a worker was killed while it did so, or left half a note', async () => {
    leaveBehind('claimed', dead());
    const mark = path.join(root, 'workers', 'claimed', 'claim');
    mkdirSync(mark);
    expect(await Workplace.adopt(root)).toEqual([]);
    const before = new Date(Date.now() - 60_000);
    utimesSync(mark, before, before);
    leaveBehind('cut', dead());
    writeFileSync(path.join(root, 'workers', 'cut', 'worker.json'), '{"pid": 1');
    expect((await Workplace.adopt(root)).map(({ workerId }) => workerId)).toEqual(['claimed']);
    expect(readdirSync(path.dirname(mark)).sort()).toEqual(['stages', 'worker.json']);
  });

  (existsSync('/proc/self/stat') ? it : it.skip)(
    'is adopted although another process has its worker’s number by now [Linux only]',
    async () => {
      leaveBehind('renumbered', process.pid);
      const note = { pid: process.pid, host: hostname(), started: '1' };
      writeFileSync(path.join(root, 'workers', 'renumbered', 'worker.json'), JSON.stringify(note));
      expect((await Workplace.adopt(root)).map(({ workerId }) => workerId)).toEqual(['renumbered']);
      expect(await Workplace.adopt(root)).toEqual([]);
    },
  );

  it('takes no path for a stage id', async () => {
    const own = await Workplace.create(root);
    for (const id of ['../x', '/etc', '', 'a'.repeat(65), 'x y'])
      expect(() => own.stageDir(id)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    await own.leave();
  });
});
