// Networks and services that fail: connections, names, answers, credentials.
import path from 'node:path';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const ALL = ['local', 's3', 'gcs'];
const REMOTE = ['s3', 'gcs'];
const MAX_CUT_MS = 6000;

/** Lets `fail` break something for a while, at one moment of a run. */
const forAWhile = (fail) => async (run) => {
  if (!(await run.pause(run.moment()))) return;
  run.faults += 1;
  await fail(run.lane, Math.floor(run.next() * MAX_CUT_MS));
};

const connectionTime = {
  name: 'connection-cut',
  stores: ALL,
  weight: 2,
  strike: forAWhile(({ gate }, ms) => gate.cut(ms)),
};

/** Connections that stay and carry nothing any more, without a FIN. */
const temporalStall = {
  name: 'temporal-half-open',
  stores: ALL,
  weight: 2,
  // A worker that is started meanwhile gives up after 60 s and says so.
  death: ({ code, stderr }) => code === 3 && stderr.includes('TEMPORAL_UNREACHABLE'),
  strike: forAWhile(({ gate }, ms) => gate.stall(ms)),
};
const storeStall = {
  name: 'store-half-open',
  stores: REMOTE,
  weight: 4,
  strike: forAWhile(({ storeGate }, ms) => storeGate.stall(ms)),
};

/** The name of the store can't be resolved for a while, and the connections are gone. */
const dns = {
  name: 'dns',
  stores: REMOTE,
  weight: 4,
  strike: async (run) => {
    if (!(await run.pause(run.moment()))) return;
    run.lane.tell({ dns: run.next() < 0.5 ? 'EAI_AGAIN' : 'ENOTFOUND', keep: true });
    run.lane.storeGate.cut();
    // At times longer than a request's own attempts last.
    await run.pause(Math.floor(run.next() * (run.next() < 0.2 ? 90_000 : 8000)));
    run.lane.tell({ keep: true });
  },
  lift: (run) => run.lane.tell({ keep: true }),
};

/** A write of the run, from 0. */
function someWrite({ scale, haste, next }) {
  const counts = Object.entries(scale.counts).filter(([kind]) => /^(PUT|POST) /.test(kind));
  const writes = counts.reduce((sum, [, count]) => sum + count, 0);
  return Math.floor((next() * writes) / haste);
}

const XML = 'application/xml';
const xml = (code) =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>injected</Message></Error>`;
const keyOf = ({ url }) => url.split('?')[0];

/** An object is not found for about a second after it was put, as on stores that are only eventually consistent. */
const late = {
  name: 'late-404',
  // The archive's own files are looked for, too: the error is final, and a person may retry.
  codes: ['ARCHIVE_CHANGED', 'ARCHIVE_INVALID', 'OBJECT_NOT_FOUND'],
  stores: ['s3'],
  weight: 8,
  strike: async (run) => {
    const { storeGate } = run.lane;
    const hidden = new Map();
    storeGate.told = (request, status) => {
      const put = request.method === 'PUT' && status === 200;
      if (put && run.next() < 0.5) hidden.set(keyOf(request), Date.now() + 200 + run.next() * 1200);
    };
    storeGate.rule = (request) => {
      const until = ['GET', 'HEAD'].includes(request.method) ? hidden.get(keyOf(request)) : undefined;
      if (until === undefined || Date.now() > until) return undefined;
      run.faults += 1;
      return { status: 404, body: xml('NoSuchKey'), type: XML };
    };
    while (await run.pause(1000));
    storeGate.calm();
  },
  lift: (run) => run.lane.storeGate.calm(),
};

/** Credentials of a file expire; a person renews the file when the run asks for it. */
const expired = {
  name: 'credentials-expired',
  stores: ['s3'],
  weight: 4,
  codes: ['PERMISSION_DENIED'],
  worker: (run) => {
    run.file = path.join(run.dir, 'credentials');
    renew(run, 0);
    return {
      env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SHARED_CREDENTIALS_FILE: run.file },
    };
  },
  strike: async (run) => {
    const { storeGate } = run.lane;
    let valid = 0;
    let next = someWrite(run);
    run.renew = () => renew(run, valid);
    storeGate.rule = ({ method, headers }) => {
      // In the middle of the uploads.
      if (method === 'PUT' && next-- === 0) valid = 1;
      const key = run.lane.store.keys[valid].AWS_ACCESS_KEY_ID;
      if (headers.authorization?.includes(`Credential=${key}/`)) return undefined;
      run.faults += 1;
      return { status: 403, body: xml('ExpiredToken'), type: XML };
    };
    while (await run.pause(1000));
    storeGate.calm();
  },
  lift: (run) => run.renew?.(),
};

function renew({ file, lane }, number) {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = lane.store.keys[number];
  writeFileSync(file, `[default]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n`);
}

/** GCS refuses the token of every request for a while. */
const refused = {
  name: 'credentials-refused',
  stores: ['gcs'],
  weight: 6,
  codes: ['PERMISSION_DENIED'],
  strike: async (run) => {
    let next = someWrite(run);
    run.lane.storeGate.rule = (request) => {
      if (['PUT', 'POST'].includes(request.method)) next -= 1;
      if (next >= 0) return undefined;
      run.faults += 1;
      const body = JSON.stringify({
        error: { code: 401, message: 'Invalid Credentials', errors: [{ reason: 'authError' }] },
      });
      return { status: 401, body, type: 'application/json' };
    };
    while (await run.pause(1000));
    run.lane.storeGate.calm();
  },
  lift: (run) => run.lane.storeGate.calm(),
};

/** Each request takes up to a second longer, some a quarter of a minute. */
const slowStore = {
  name: 'store-slow',
  stores: REMOTE,
  weight: 3,
  strike: async (run) => {
    run.lane.storeGate.delay = () => {
      run.faults = 1;
      return sleep(run.next() < 0.01 ? 15_000 : run.next() * 600);
    };
    while (await run.pause(1000));
    run.lane.storeGate.delay = undefined;
  },
};

export const KINDS = [connectionTime, temporalStall, storeStall, dns, late, expired, refused, slowStore];
