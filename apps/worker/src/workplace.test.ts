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
import { tmpdir } from 'node:os';
import path from 'node:path';
import { self } from '@parquetry/system';
import type { TidyRule } from './tidyrule';
import { startCleanup } from './tidytimer';
import { Workplace } from './workplace';

/** An invalid pid, beyond the largest one. */
const GONE = { ...self(), pid: 2 ** 22 + 1 };

describe('Workplace', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(path.join(tmpdir(), 'parquetry-workplace-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const stage = (id: string, names: readonly string[], owner?: object): string => {
    const dir = path.join(root, 'stages', id);
    mkdirSync(dir, { recursive: true });
    for (const name of names) {
      mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
      writeFileSync(path.join(dir, name), 'x');
    }
    if (owner !== undefined) writeFileSync(path.join(dir, 'owner.json'), JSON.stringify(owner));
    return dir;
  };
  const rule = (changes: Partial<TidyRule> = {}): TidyRule => ({
    stale: 0,
    idle: 0,
    isOver: () => Promise.resolve(false),
    ...changes,
  });

  it('has one id for all of its processes, also when they open it concurrently', async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => Workplace.open(root)));
    expect(new Set(opened.map(({ folderId }) => folderId)).size).toBe(1);
    expect(opened[0]?.folderId).toMatch(/^[0-9a-f]{16}$/);
    expect((await Workplace.open(root)).folderId).toBe(opened[0]?.folderId);
    expect(readdirSync(root).sort()).toEqual(['queue.json', 'stages', 'tmp']);
  });

  it('gives each process its own temporary folder and removes it on close', async () => {
    const [one, other] = [await Workplace.open(root), await Workplace.open(root)];
    expect(one.tempDir).not.toBe(other.tempDir);
    const kept = stage('ab12', ['manifest.json']);
    await one.close();
    expect([existsSync(one.tempDir), existsSync(other.tempDir), existsSync(kept)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('creates a stage once, and never without its owner', async () => {
    const place = await Workplace.open(root);
    await place.createStage('ab12', 'run/p/0000000001');
    // A process that is killed in between leaves nothing among the stages.
    const halfway = await Workplace.open(root);
    rmSync(halfway.tempDir, { recursive: true });
    await expect(halfway.createStage('cd34', undefined)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(path.join(root, 'stages'))).toEqual(['ab12']);
    expect(readdirSync(place.stageDir('ab12'))).toEqual(['owner.json']);
    await expect(place.createStage('ab12', undefined)).rejects.toThrow(/EEXIST|ENOTEMPTY/);
  });

  it('removes pulls and temporary folders of dead processes, and keeps all others', async () => {
    const place = await Workplace.open(root);
    const temp = (name: string, owner: string | undefined, minutes: number): string => {
      const dir = path.join(root, 'tmp', name);
      mkdirSync(dir);
      if (owner !== undefined) writeFileSync(path.join(dir, 'owner.json'), owner);
      const changed = new Date(Date.now() - minutes * 60_000);
      utimesSync(dir, changed, changed);
      return dir;
    };
    const dead = [
      stage('aa', ['thing.0.parquet'], { ...GONE, workflowId: 'running' }),
      stage('bb', [], GONE),
      temp('dead', JSON.stringify(GONE), 0),
      temp('no-owner', undefined, 11),
      temp('half-an-owner', '{"pid": 1', 11),
    ];
    const kept = [
      temp('starting', undefined, 5),
      temp('running', JSON.stringify(self()), 11),
      // Complete: the steps of its workflow need it.
      stage('cc', ['manifest.json'], { ...GONE, workflowId: 'running' }),
      stage('dd', ['thing.0.parquet'], { ...self(), workflowId: 'running' }),
      stage('ee', ['thing.0.parquet'], { ...GONE, host: 'elsewhere' }),
      // Its owner file is about to be written.
      stage('ff', []),
      place.tempDir,
    ];
    await place.tidy(rule());
    expect(dead.map((dir) => existsSync(dir))).toEqual(dead.map(() => false));
    expect(kept.map((dir) => existsSync(dir))).toEqual(kept.map(() => true));
  });

  (process.platform === 'linux' ? it : it.skip)(
    'removes the pull of a process whose pid was reused [Linux only]',
    async () => {
      const place = await Workplace.open(root);
      const dir = stage('aa', ['thing.0.parquet'], { ...self(), born: '1' });
      await place.tidy(rule());
      expect(existsSync(dir)).toBe(false);
    },
  );

  it('removes stages that are unchanged for long, and keeps the others', async () => {
    const place = await Workplace.open(root);
    const long = new Date(Date.now() - 60_000);
    const age = (dir: string, names: readonly string[]): void =>
      ['', ...names].forEach((name) => utimesSync(path.join(dir, name), long, long));
    const files = ['manifest.json', 'thing.files/0.parquet'];
    const [stale = '', written = '', young = ''] = ['aa', 'bb', 'cc'].map((id) => stage(id, files));
    age(stale, [...files, 'thing.files']);
    // A file that is being written: only its own modification time changes.
    age(written, ['manifest.json', 'thing.files']);
    await place.tidy(rule({ stale: Date.now() - 30_000 }));
    expect([stale, written, young].map((dir) => existsSync(dir))).toEqual([false, true, true]);
    await place.tidy(rule({ stale: Date.now() + 30_000 }));
    expect(readdirSync(path.join(root, 'stages'))).toEqual([]);
  });

  it('keeps stages while the clock of the process is days ahead of the file system', async () => {
    const workplace = await Workplace.open(root);
    const kept = stage('ab12', ['manifest.json'], { ...self(), workflowId: 'run/p/1' });
    const ahead = Date.now() + 2 * 24 * 3_600_000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(ahead);
    const stop = startCleanup(workplace, () => Promise.resolve(false));
    await stop();
    clock.mockRestore();
    expect(existsSync(kept)).toBe(true);
  });

  it('removes stages of ended workflows, once they are idle', async () => {
    const place = await Workplace.open(root);
    const running = { ...self(), workflowId: 'running' };
    const dirs = [
      stage('aa', ['manifest.json'], { ...running, workflowId: 'over' }),
      stage('bb', ['manifest.json'], running),
      stage('cc', ['manifest.json']),
    ];
    const asked: string[] = [];
    const tidy = (idle: number): Promise<void> =>
      place.tidy(rule({ idle, isOver: (id) => Promise.resolve(asked.push(id) > 0 && id === 'over') }));
    const there = (): boolean[] => dirs.map((dir) => existsSync(dir));
    await tidy(Date.now() - 30_000);
    expect([there(), asked]).toEqual([[true, true, true], []]);
    await tidy(Date.now() + 30_000);
    expect([there(), asked.sort()]).toEqual([
      [false, true, true],
      ['over', 'running'],
    ]);
  });

  it('removes spools once their runs have ended, in any way and on any worker', async () => {
    const [earlier, own] = [await Workplace.open(root), await Workplace.open(root)];
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
    expect(readFileSync(path.join(own.spoolDir('used'), 'copy.part'), 'utf8')).toBe('half of a copy');
    // No pull has used them for so long, although a workflow that did still runs: a tail whose flushes each have their own.
    await own.tidySpools({ stale: after, idle: after, isOver });
    expect(readdirSync(path.join(root, 'spool'))).toEqual([]);
  });

  it('refuses stage ids that are paths', async () => {
    const place = await Workplace.open(root);
    for (const id of ['../x', '/etc', '', 'a'.repeat(65), 'x y'])
      expect(() => place.stageDir(id)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});
