import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findTemporalBinary } from '@parquetry/temporal';
import * as contract from '@parquetry/workflows';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { Rig, SINKS } from '../workflows/rig';
import { parseHistory } from './history';
import { type Keep, SCENARIOS } from './scenarios';

const ROOT = path.resolve(__dirname, '../..');
/** The workflow code that workers run. */
const BUNDLE = path.resolve(__dirname, '../../apps/worker/dist/workflow-bundle.js');
/** Set by tools/record-replay.mjs: the folder below tests/replay for new histories. */
const RECORD = process.env['PARQUETRY_RECORD_REPLAY'];

/** A recorded history: the CLI's JSON and the workflow's id. */
interface Recorded extends History {
  readonly workflowId: string;
}

interface History {
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

function read(name: string): Recorded {
  return JSON.parse(readFileSync(path.join(__dirname, name), 'utf8')) as Recorded;
}

/** A history for the SDK. Ids of children contain the workflow's id, which is not part of a history. */
function historyOf(name: string): { readonly workflowId: string; readonly history: unknown } {
  const { workflowId, ...history } = read(name);
  return { workflowId, history: parseHistory(history) };
}

/** Fixtures by `{version}/{name}`. */
function fixtures(): string[] {
  return readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort();
}

/** Attributes of events: names of messages and workflows. */
interface Named {
  readonly signalName?: string;
  readonly acceptedRequest?: { readonly input?: { readonly name?: string } };
  readonly workflowType?: { readonly name?: string };
}

/** A history as the CLI and the UI write it. */
async function show(
  { server, namespace }: Rig['server'],
  workflowId: string,
  runId?: string,
): Promise<History> {
  const run = runId === undefined ? [] : ['-r', runId];
  const json = execFileSync(
    (await findTemporalBinary()) ?? 'temporal',
    [
      'workflow',
      'show',
      '-w',
      workflowId,
      ...run,
      '-o',
      'json',
      '--address',
      server.address,
      '-n',
      namespace,
    ],
    { maxBuffer: 64 << 20, encoding: 'utf8' },
  );
  // Stack traces contain the path of this checkout, which must not be published.
  return JSON.parse(json.replaceAll(`${ROOT}${path.sep}`, '')) as History;
}

/** Writes the histories of a run, and of those before it that continued as new, to a folder. */
function keepIn(dir: string, server: Rig['server']): Keep {
  return async (name, workflowId, runId) => {
    const chain = [await show(server, workflowId, runId)];
    for (;;) {
      const started = chain[0]?.events[0]?.['workflowExecutionStartedEventAttributes'];
      const before = (started as { continuedExecutionRunId?: string } | undefined)?.continuedExecutionRunId;
      if (before === undefined || before === '') break;
      chain.unshift(await show(server, workflowId, before));
    }
    chain.forEach((history, at) => {
      const target = path.join(dir, `${name}${at === chain.length - 1 ? '' : `-run${at + 1}`}.json`);
      if (existsSync(target)) throw new Error(`${target} exists: histories are never replaced`);
      writeFileSync(target, `${JSON.stringify({ workflowId, ...history })}\n`);
    });
  };
}

if (RECORD !== undefined)
  describe(`histories of ${RECORD} are recorded`, () => {
    let rig: Rig;
    beforeAll(async () => void (rig = await Rig.start()), 120_000);
    afterAll(() => rig?.stop());
    it.each(SCENARIOS)(
      '%s',
      async (_name, scenario) => {
        const dir = path.join(__dirname, RECORD);
        mkdirSync(dir, { recursive: true });
        await scenario(rig, keepIn(dir, rig.server));
      },
      120_000,
    );
  });
else
  describe('workflow code replays recorded histories', () => {
    let code = '';
    /** How the replay of each history ended: undefined for well. */
    const outcomes = new Map<string, Error | undefined>();
    beforeAll(async () => {
      Runtime.install({ logger: new DefaultLogger('ERROR') });
      code = readFileSync(BUNDLE, 'utf8');
      // One worker for all of them: its start takes longer than a replay.
      const names = fixtures();
      const results = Worker.runReplayHistories(
        { workflowBundle: { code }, sinks: SINKS },
        names.map((name) => historyOf(name)),
      );
      for await (const { error } of results) outcomes.set(names[outcomes.size] ?? '', error);
    }, 120_000);

    it('has histories of every workflow', () => {
      const names = fixtures().map((name) => path.basename(name, '.json').split('-')[0]);
      expect(new Set(names)).toEqual(
        new Set(['backfill', 'compact', 'limiter', 'maintain', 'partition', 'scheduled', 'tail']),
      );
    });

    it('has histories of every message, and of every end of a workflow', () => {
      const sent = new Set<string>();
      const ends = new Set<string>();
      for (const { events } of fixtures().map(read)) {
        let type = '';
        for (const event of events) {
          const { signalName } = (event['workflowExecutionSignaledEventAttributes'] ?? {}) as Named;
          const { acceptedRequest } = (event['workflowExecutionUpdateAcceptedEventAttributes'] ??
            {}) as Named;
          const { workflowType } = (event['workflowExecutionStartedEventAttributes'] ?? {}) as Named;
          type = workflowType?.name ?? type;
          for (const name of [signalName, acceptedRequest?.input?.name]) if (name) sent.add(name);
          const end = /^EVENT_TYPE_WORKFLOW_EXECUTION_(COMPLETED|FAILED|CANCELED|CONTINUED_AS_NEW)$/.exec(
            String(event['eventType']),
          )?.[1];
          if (end !== undefined) ends.add(`${type} ${end}`);
        }
      }
      const messages = Object.values(contract).flatMap((value) =>
        typeof value === 'object' && 'type' in value && (value.type === 'signal' || value.type === 'update')
          ? [value.name]
          : [],
      );
      expect([...sent].filter((name) => !name.startsWith('__')).sort()).toEqual(messages.sort());
      expect([...ends].sort()).toEqual([
        ...['backfill CANCELED', 'backfill COMPLETED', 'backfill CONTINUED_AS_NEW', 'backfill FAILED'],
        ...['compact COMPLETED', 'compact CONTINUED_AS_NEW', 'compact FAILED'],
        ...['limiter COMPLETED', 'limiter CONTINUED_AS_NEW'],
        ...['maintain COMPLETED', 'maintain FAILED'],
        ...['partition CANCELED', 'partition COMPLETED', 'partition FAILED'],
        ...['scheduled COMPLETED', 'scheduled CONTINUED_AS_NEW'],
        ...['tail CANCELED', 'tail COMPLETED', 'tail CONTINUED_AS_NEW'],
      ]);
    });

    /** Replays a history with `workflows`, a bundle; rejects if the workflow code does not fit the history. */
    const replay = async (name: string, workflows: string): Promise<void> => {
      const { workflowId, history } = historyOf(name);
      const workflowBundle = { code: workflows };
      await Worker.runReplayHistory({ workflowBundle, sinks: SINKS }, history, workflowId);
    };

    it.each(fixtures())('%s', (name) => {
      expect([...outcomes.keys()]).toContain(name);
      expect(outcomes.get(name)).toBeUndefined();
    });

    const GUARD = /\(0, \w+\.patched\)\('lost-data-fails'\)/;

    it.each([
      ['of a version before a patch, if its guard is removed', 'before-lost-data-fails', 'true'],
      ['of a version with a patch, if its code is removed', '0.1.0', 'false'],
    ])(
      'fails for a history %s',
      async (_, version, guard) => {
        expect(code).toMatch(GUARD);
        const changed = code.replace(GUARD, guard);
        await expect(replay(`${version}/backfill-lost.json`, changed)).rejects.toThrow(/nondeterminism/i);
      },
      60_000,
    );
  });
