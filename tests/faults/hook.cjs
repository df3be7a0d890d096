// Loaded before a worker or a command (`node --require`): counts by kind what the process changes on disk and what it
// asks of a storage server, and makes one of these steps fail. It is told the fault by PARQUETRY_FAULT or, in a worker that
// serves many runs, by a message:
//   {"kind": "commit", "at": 2, "when": "before", "log": file}   ends the process with SIGKILL before or after that step
//   {"full": "stage" | "archive", "at": 7, "count": 3}           from that step on, `count` steps there fail with ENOSPC
//   {"slow": 200}                                                each step takes up to that many milliseconds longer
//   {"dns": "EAI_AGAIN"}                                         names of storage servers are not found
// A message resets the counts unless it has "keep": true; {"count": true} is answered with {counts, hits}.
const { isMainThread } = require('node:worker_threads');
const dns = require('node:dns');
const fs = require('node:fs');
const http = require('node:http');
const promises = require('node:fs/promises');

const told = process.env.PARQUETRY_FAULT;
const endpoint = process.env.PARQUETRY_FAULT_ENDPOINT;

if (isMainThread && told !== undefined) {
  let fault = JSON.parse(told);
  let counts = {};
  /** Faults met that did not end the process. */
  let hits = 0;
  let places = 0;

  process.on('message', (message) => {
    if (message.count === true) return void process.send({ counts, hits });
    fault = message;
    if (message.keep !== true) [counts, hits, places] = [{}, 0, 0];
  });
  // A message that may come must not keep the process alive.
  process.channel?.unref();
  process.on('exit', () => {
    if (fault.log !== undefined) fs.appendFileSync(fault.log, `${JSON.stringify({ counts })}\n`);
  });

  const end = (kind, name, target) => {
    fs.appendFileSync(
      fault.log,
      `${JSON.stringify({ kind, name, when: fault.when, target: String(target) })}\n`,
    );
    process.kill(process.pid, 'SIGKILL');
    for (;;); // nothing else of this process happens before the signal comes
  };
  /** Whether this step is the one, and whether before it or after. */
  const meet = (kind) => {
    const index = counts[kind] ?? 0;
    counts[kind] = index + 1;
    return fault.kind === kind && fault.at === index ? fault.when : undefined;
  };
  const hinder = async (kind, name) => {
    if (fault.slow !== undefined) {
      hits = 1;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * fault.slow));
    }
    if (fault.full === undefined || (kind === 'stage') !== (fault.full === 'stage') || kind === 'other')
      return;
    const place = places++;
    if (place < fault.at || place >= fault.at + fault.count || name === 'unlink' || name === 'rm') return;
    hits += 1;
    throw Object.assign(new Error(`ENOSPC: no space left on device, ${name}`), {
      ...{ code: 'ENOSPC', errno: -28, syscall: name },
    });
  };
  const step = async (name, target, run) => {
    const kind = kindOf(String(target));
    const when = meet(kind);
    await hinder(kind, name);
    if (when === 'before') end(kind, name, target);
    const result = await run();
    if (when === 'after') end(kind, name, target);
    return result;
  };

  for (const name of ['link', 'rename', 'unlink', 'rm', 'mkdir', 'writeFile']) {
    const original = promises[name];
    // The target of link and rename is the second argument.
    promises[name] = (...args) =>
      step(name, name === 'link' || name === 'rename' ? args[1] : args[0], () =>
        original.apply(promises, args),
      );
  }
  const { open } = promises;
  promises.open = async (file, flags, ...rest) => {
    const writes =
      typeof flags === 'number'
        ? (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0
        : /[wa+]/.test(flags ?? 'r');
    if (!writes) return open(file, flags, ...rest);
    const handle = await step('open', file, () => open(file, flags, ...rest));
    for (const name of ['write', 'writeFile', 'sync']) {
      const original = handle[name];
      handle[name] = (...args) => step(name, file, () => original.apply(handle, args));
    }
    return handle;
  };

  if (endpoint !== undefined) {
    const { lookup } = dns;
    dns.lookup = (name, options, done) => {
      if (name !== new URL(endpoint).hostname || name === '127.0.0.1') return lookup(name, options, done);
      const [how, answer] = typeof options === 'function' ? [{}, options] : [options, done];
      if (fault.dns === undefined) return lookup('127.0.0.1', how, answer);
      hits += 1;
      const syscall = 'getaddrinfo';
      const error = Object.assign(new Error(`${syscall} ${fault.dns} ${name}`), {
        code: fault.dns,
        syscall,
        hostname: name,
      });
      setImmediate(() => answer(error));
    };
    const { request } = http;
    const { port } = new URL(endpoint);
    http.request = (...args) => {
      const options = args.find((arg) => arg !== null && typeof arg === 'object') ?? {};
      const address = args.find((arg) => typeof arg === 'string' || arg instanceof URL);
      const to = address === undefined ? options : { ...new URL(address), ...options };
      const method = to.method ?? 'GET';
      const target = decodeURIComponent(to.path ?? String(address));
      const asked = String(to.port ?? (address === undefined ? '' : new URL(address).port)) === port;
      if (!asked || !['PUT', 'POST', 'DELETE'].includes(method)) return request.apply(http, args);
      const kind = `${method} ${kindOf(target)}`;
      const when = meet(kind);
      if (when === 'before') end(kind, method, target);
      const sent = request.apply(http, args);
      // The server did it, and this process never learns that.
      if (when === 'after') sent.prependOnceListener('response', () => end(kind, method, target));
      return sent;
    };
  }
}

/** What a path or a key is about. */
function kindOf(target) {
  if (target.includes('_iceberg/')) {
    if (target.includes('.tmp-')) return 'iceberg temporary';
    if (target.includes('version-hint')) return 'iceberg hint';
    if (target.includes('.metadata.json')) return 'iceberg metadata';
    return target.includes('/snap-') ? 'iceberg list' : 'iceberg manifest';
  }
  if (target.includes('_last_checkpoint')) return 'hint';
  if (target.includes('_delta_log'))
    return target.includes('.checkpoint') ? 'checkpoint' : target.includes('.json') ? 'commit' : 'log file';
  if (target.includes('/segments/')) return 'record';
  if (target.includes('_parquetry/')) return 'archive file';
  if (target.includes('/stages/')) return 'stage';
  if (target.includes('/year=')) return 'data file';
  return 'other';
}
