import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fetchAnswer } from '../../../libs/source/src/processor';
import { answerFile } from '../../../libs/source/src/processor/ranges';
import { type Answer, HostileServer, damageTransport } from '../server';
import { type OpenTarget, type Target, demand } from '../target';

const BODY = Buffer.from(
  Array.from(
    { length: 40 },
    (_, row) => `{"message_type":"a","ledger_sequence":${10 + (row % 10)},"v":${row}}\n`,
  ).join(''),
);
const RANGE = { start: 10, end: 19 };

/**
 * Answers of a processor over HTTP, damaged on the way: other statuses, wrong and damaged content-encoding, wrong
 * lengths, resets in the middle, error trailers.
 *
 * Oracle: the fetched file has all bytes of the answer as the server sent it, or a coded error says why not. An answer
 * that was cut is never taken for a whole one.
 */
export const answers: Target = {
  name: 'answers',
  ci: 300,
  open: async (dir) => {
    const server = await HostileServer.start();
    const target = path.join(dir, 'answer');
    return {
      run: async (random) => {
        const allowed: Buffer[] = [BODY];
        server.respond = () => {
          const valid: Answer = {
            status: 200,
            headers: { 'content-type': 'application/x-ndjson' },
            body: BODY,
          };
          const answer = random.chance(8) ? valid : damageTransport(random, valid);
          if (answer.cut !== true) allowed.push(answer.body);
          // A shorter length ends the body there: the client can't know of more.
          const length = answer.headers['content-length'];
          if (length !== undefined) allowed.push(answer.body.subarray(0, Number(length)));
          return answer;
        };
        await fetchAnswer(answerFile(`${server.url}/p`, RANGE), target, undefined, {
          retry: { attempts: 2, backoffMs: 1 },
          waits: random.chance(2),
        });
        const found = await readFile(target);
        demand(
          allowed.some((each) => each.equals(found) || unzipped(each)?.equals(found) === true),
          () => `${found.length} bytes that no answer had`,
        );
        await rm(target);
      },
      close: () => server.close(),
    } satisfies OpenTarget;
  },
};

/** The content of an answer that is gzip. */
function unzipped(bytes: Buffer): Buffer | undefined {
  try {
    return gunzipSync(bytes);
  } catch {
    return undefined;
  }
}
