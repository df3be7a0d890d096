import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { Workplace } from './workplace';

describe('Workplace', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'parquetry-work-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const stage = (id: string, name: string, files: readonly string[]): string => {
    const dir = path.join(root, 'workers', id, 'stages', name);
    mkdirSync(dir, { recursive: true });
    for (const file of files) writeFileSync(path.join(dir, file), '{}');
    return dir;
  };
  const leaveBehind = (id: string, pid: number, host = hostname()): void => {
    stage(id, 'ab12', ['manifest.json', 'thing.0.parquet']);
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
    stage(other.workerId, 'ff', ['manifest.json']);
    stage(other.workerId, 'ee', ['thing.0.parquet']);
    await other.leave();
    // Nobody waits for a pull that ended before its last file.
    expect(['ff', 'ee'].map((id) => existsSync(other.stageDir(id)))).toEqual([true, false]);
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

  it('is adopted without the stages of pulls that died with the worker', async () => {
    leaveBehind('pulling', dead());
    const begun = stage('pulling', 'cd34', ['thing.0.parquet', '.manifest.json']);
    const empty = stage('pulling', 'ef56', []);
    const [taken] = await Workplace.adopt(root);
    expect([taken?.workerId, existsSync(begun), existsSync(empty)]).toEqual(['pulling', false, false]);
    expect(existsSync(taken?.stageDir('ab12') ?? '')).toBe(true);
    expect(await taken?.isEmpty()).toBe(false);
    rmSync(taken?.stageDir('ab12') ?? '', { recursive: true });
    await taken?.leave();
    expect(existsSync(path.join(root, 'workers', 'pulling'))).toBe(false);
  });

  it('loses stages in which nothing changed for long, and keeps those in which anything did', async () => {
    const own = await Workplace.create(root);
    const long = new Date(Date.now() - 60_000);
    const age = (dir: string, names: readonly string[]): void =>
      ['', ...names].forEach((name) => utimesSync(path.join(dir, name), long, long));
    const files = ['manifest.json', 'thing.files/0.parquet'];
    const make = (name: string): string => {
      const dir = stage(own.workerId, name, ['manifest.json']);
      mkdirSync(path.join(dir, 'thing.files'));
      writeFileSync(path.join(dir, files[1] ?? ''), 'x');
      return dir;
    };
    const [stale, written, young] = ['aa', 'bb', 'cc'].map(make);
    age(stale ?? '', [...files, 'thing.files']);
    // A file that is being written: only its own time changes.
    age(written ?? '', ['manifest.json', 'thing.files']);
    const tidy = (age: number): Promise<void> =>
      own.tidy({ stale: Date.now() - age, idle: 0, isOver: () => Promise.resolve(true) });
    await tidy(30_000);
    expect([stale, written, young].map((dir) => existsSync(dir ?? ''))).toEqual([false, true, true]);
    await tidy(-30_000);
    expect(await own.isEmpty()).toBe(true);
    await own.leave();
  });

  it('loses stages of workflows that are over, once nothing happens in them', async () => {
    const own = await Workplace.create(root);
    for (const id of ['aa', 'bb', 'cc']) stage(own.workerId, id, ['manifest.json']);
    await own.noteOwner('aa', 'over');
    await own.noteOwner('bb', 'running');
    const asked: string[] = [];
    const tidy = (idle: number): Promise<void> =>
      own.tidy({
        stale: 0,
        idle,
        isOver: (workflow) => Promise.resolve(asked.push(workflow) > 0 && workflow === 'over'),
      });
    const there = (): boolean[] => ['aa', 'bb', 'cc'].map((id) => existsSync(own.stageDir(id)));
    await tidy(Date.now() - 30_000);
    expect([there(), asked]).toEqual([[true, true, true], []]);
    await tidy(Date.now() + 30_000);
    expect([there(), asked.sort()]).toEqual([
      [false, true, true],
      ['over', 'running'],
    ]);
    rmSync(path.dirname(own.tempDir), { recursive: true });
  });

  it('removes spools once their runs are over, whoever made them and however they ended', async () => {
    const [earlier, own] = [await Workplace.create(root), await Workplace.create(root)];
    const spool = async (key: string, ...workflows: string[]): Promise<string> => {
      for (const workflow of workflows) await earlier.openSpool(key, workflow);
      await writeFile(path.join(own.spoolDir(key), 'copy.part'), 'half of a copy');
      return own.spoolDir(key);
    };
    const dirs = [
      await spool('failed', 'over-1', 'over-2'),
      await spool('used', 'over-1', 'running'),
      await spool('unnoted', ''),
      await spool(`half${'.removed-'}ab`, 'over-1'),
    ];
    rmSync(path.join(own.spoolDir('unnoted'), '.users'), { recursive: true });
    const there = (): boolean[] => dirs.map((dir) => existsSync(dir));
    const asked: string[] = [];
    const isOver = (workflow: string): Promise<boolean> => {
      asked.push(workflow);
      return Promise.resolve(workflow.startsWith('over'));
    };
    const [before, after] = [Date.now() - 60_000, Date.now() + 60_000];
    await own.tidySpools({ stale: before, idle: before, isOver });
    expect([there(), asked]).toEqual([[true, true, true, true], []]);
    await expect(
      own.tidySpools({ stale: before, idle: after, isOver: () => Promise.reject(new Error('no server')) }),
    ).rejects.toThrow('no server');
    expect(there()).toEqual([true, true, true, true]);
    await own.tidySpools({ stale: before, idle: after, isOver });
    expect(there()).toEqual([false, true, true, false]);
    await own.tidySpools({ stale: after, idle: after, isOver });
    expect(there()).toEqual([false, true, false, false]);
    expect(readFileSync(path.join(own.spoolDir('used'), 'copy.part'), 'utf8')).toBe('half of a copy');
    await own.tidySpools({ stale: after, idle: after, isOver: () => Promise.resolve(true) });
    expect(readdirSync(path.join(root, 'spool'))).toEqual([]);
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
