import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { type InputKind, inputFault } from './inputs';

const REPLAY = path.resolve(__dirname, '../../../../tests/replay');

interface History {
  readonly events: readonly {
    readonly workflowExecutionStartedEventAttributes?: {
      readonly workflowType: { readonly name: InputKind };
      readonly input: { readonly payloads: readonly { readonly data: string }[] };
    };
  }[];
}

const HISTORIES = readdirSync(REPLAY, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.json'),
);

it.each(HISTORIES)('accepts the input of the recorded history %s', (name) => {
  const { events } = JSON.parse(readFileSync(path.join(REPLAY, name), 'utf8')) as History;
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  const data = Buffer.from(started?.input.payloads[0]?.data ?? '', 'base64').toString('utf8');
  expect(inputFault(started?.workflowType.name as InputKind, JSON.parse(data))).toBeUndefined();
});

const SPEC = { source: { uri: 'galexie:/l' }, archive: '/a', partitionSize: 10, range: { start: 1, end: 9 } };
const BACKFILL = { spec: SPEC, concurrency: 4, maxParked: 50, onFailure: 'park' };
const TAIL = { spec: SPEC, from: 'latest', lag: 0, policy: { maxAgeSeconds: 60 }, pollSeconds: 1 };
const MAINTAIN = {
  archive: '/a',
  compact: { partitionSize: 10, settledMs: 0 },
  logRetentionMs: 1,
  graceMs: 1,
};
const TASK = { key: '0000000010', range: { start: 10, end: 19 }, datasets: ['a'] };
const PARTITION = { archive: '/a', plan: 'p', task: TASK, onFailure: 'park' };

it.each<[InputKind, unknown, string]>([
  ['backfill', undefined, 'input is an object, not nothing'],
  ['backfill', 'x'.repeat(1e6), 'input is an object, not "xxx'],
  ['backfill', {}, 'input.spec is an object, not nothing'],
  [
    'backfill',
    { ...BACKFILL, spec: { ...SPEC, range: { start: 9, end: 1 } } },
    'input.spec.range is a range',
  ],
  [
    'backfill',
    { ...BACKFILL, spec: { ...SPEC, partitionSize: 0 } },
    'partitionSize is a whole number from 1',
  ],
  ['backfill', { ...BACKFILL, concurrency: 501 }, 'concurrency is a whole number from 1 to 500, not 501'],
  ['backfill', { ...BACKFILL, maxParked: 0 }, 'maxParked is a whole number of at least 1, not 0'],
  ['backfill', { ...BACKFILL, onFailure: null }, 'onFailure is one of "park", "fail", not null'],
  // It would continue as new for ever.
  ['backfill', { ...BACKFILL, startsPerRun: 0 }, 'startsPerRun is a whole number'],
  ['backfill', { ...BACKFILL, carry: {} }, 'input.carry.plan is an object'],
  [
    'scheduled',
    { ...BACKFILL, spec: { ...SPEC, types: 'a' }, lag: 0, maxLedgers: 9 },
    'types is a list, not "a"',
  ],
  ['tail', { ...TAIL, from: 'now' }, 'from is "committed", "latest" or a ledger, not "now"'],
  ['tail', { ...TAIL, policy: {} }, 'input.policy.maxAgeSeconds is a number above 0, not nothing'],
  ['tail', { ...TAIL, pollSeconds: 0 }, 'pollSeconds is a number above 0'],
  ['maintain', { ...MAINTAIN, skip: ['gcc'] }, 'input.skip[0] is one of "compact", "log"'],
  ['maintain', { ...MAINTAIN, deep: { runs: 0, everyMs: 1 } }, 'deep.runs is a whole number of at least 1'],
  [
    'partition',
    { ...PARTITION, task: { ...TASK, datasets: [5] } },
    'input.task.datasets[0] is a text, not 5',
  ],
  ['compact', { archive: '/a' }, 'partitionSize is a whole number'],
  ['limiter', { grantsPerRun: 0 }, 'grantsPerRun is a whole number of at least 1'],
])('refuses an input of a workflow, case %#: %s', (kind, input, why) => {
  const fault = inputFault(kind, input);
  expect(fault).toContain(why);
  expect(fault?.length).toBeLessThan(400);
});

it.each<[InputKind, unknown]>([
  ['backfill', BACKFILL],
  ['tail', { ...TAIL, later: 'a member of a later version' }],
  ['maintain', MAINTAIN],
  ['partition', PARTITION],
])('accepts an input of %s', (kind, input) => {
  expect(inputFault(kind, input)).toBeUndefined();
});
