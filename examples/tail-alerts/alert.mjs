// Posts to a webhook (Slack's format) when a tail or a backfill parks, and when it continues.
// usage: WEBHOOK_URL=https://hooks.slack.com/… node alert.mjs [--every SECONDS]
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';

const { values } = parseArgs({ options: { every: { type: 'string', default: '30' } } });
const webhook = process.env.WEBHOOK_URL;
if (webhook === undefined) {
  console.error('usage: WEBHOOK_URL=… node alert.mjs [--every SECONDS]');
  process.exit(2);
}

/** The JSON document of a command. */
async function parquetry(...args) {
  const { stdout } = await promisify(execFile)('parquetry', [...args, '--json']);
  return JSON.parse(stdout);
}

/** The runs that wait for a person: a text for each. */
async function parkedRuns() {
  const { runs } = await parquetry('runs');
  const texts = new Map();
  for (const { workflowId, state, partitions } of runs) {
    if (!['parked', 'blocked'].includes(state) && !(partitions?.parked > 0)) continue;
    const { progress } = await parquetry('status', workflowId);
    const failures = (progress.failures ?? []).map(
      ({ dataset, code, message }) => `${dataset}: ${code}: ${message}`,
    );
    const parked = (progress.troubled ?? []).map(
      ({ key, reason }) => `from ledger ${Number(key)}: ${reason}`,
    );
    const why = [...failures, ...parked].join('\n');
    texts.set(
      workflowId,
      `${workflowId} is parked.\n${why}\nFix the cause, then: parquetry retry ${workflowId}`,
    );
  }
  return texts;
}

async function post(text) {
  const answer = await fetch(webhook, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`);
}

/** What was posted of each parked run. */
const posted = new Map();
for (;;) {
  try {
    const parked = await parkedRuns();
    for (const [run, text] of parked)
      if (posted.get(run) !== text) {
        await post(text);
        posted.set(run, text);
      }
    for (const run of posted.keys())
      if (!parked.has(run)) {
        await post(`${run} continues.`);
        posted.delete(run);
      }
  } catch (error) {
    console.error(`${error.message}; trying again in ${values.every} s`);
  }
  await sleep(Number(values.every) * 1000);
}
