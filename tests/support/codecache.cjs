// Preloaded into the commands and workers of tests (`node --require`): keeps the compiled code of their modules for the
// next process, which saves a short command a third of its processor time. Node.js 20 has no such cache. Code is used only
// for the same file with the same content under the same flags of V8.
'use strict';
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');
const { isMainThread, threadId } = require('node:worker_threads');

const FOLDER = path.resolve(__dirname, '../../node_modules/.cache/parquetry-test-code');
/** Fewer new modules are not worth another file. */
const LEAST_NEW = 10;
/** Tests kill many processes, so code is not only stored at the exit. */
const STORE_AFTER_MS = 3000;
/** A larger file is begun again: most of it is code of earlier builds. */
const MOST_BYTES = 32e6;

// The flag that apps/worker/src/runtime.ts sets, from the start: V8 rejects code that was made under other flags.
if (isMainThread) v8.setFlagsFromString('--interrupt-budget=1000000');
const tag = v8.cachedDataVersionTag();
const command = isMainThread ? (process.argv[2] ?? '').replace(/\W/g, '') : 'thread';
const file = path.join(FOLDER, `${command}-${tag}`);
/** Code by key, and scripts whose code is not in the file. */
const known = read();
const added = new Map();

/** A file has the length of its index, the index, and the codes. */
function read() {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > MOST_BYTES) return new Map();
    const start = 4 + bytes.readUInt32LE(0);
    const index = JSON.parse(bytes.subarray(4, start).toString());
    return new Map(index.map(([key, from, to]) => [key, bytes.subarray(start + from, start + to)]));
  } catch {
    return new Map();
  }
}

function store() {
  if (added.size < LEAST_NEW || v8.cachedDataVersionTag() !== tag) return;
  try {
    for (const [key, script] of added) known.set(key, script.createCachedData());
    added.clear();
    let at = 0;
    const index = Buffer.from(
      JSON.stringify([...known].map(([key, { length }]) => [key, at, (at += length)])),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(index.length);
    const draft = `${file}.${process.pid}-${threadId}`;
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(draft, Buffer.concat([length, index, ...known.values()]));
    renameSync(draft, file);
  } catch {
    // The next process compiles the modules again.
  }
}

const compile = Module.prototype._compile;
Module.prototype._compile = function (content, filename, format) {
  // Code of `node -e` has no file. V8 does not keep how a script imports modules at run time.
  if (!path.isAbsolute(filename) || format === 'module' || /^#!|\bimport\(/.test(content))
    return compile.call(this, content, filename, format);
  const key = `${filename} ${createHash('sha1').update(content).digest('base64')}`;
  const cachedData = known.get(key);
  let script;
  try {
    script = new vm.Script(Module.wrap(content), {
      filename,
      ...(cachedData === undefined ? {} : { cachedData }),
    });
  } catch {
    // An ES module that does not say so, for example.
    return compile.call(this, content, filename, format);
  }
  if (cachedData === undefined || script.cachedDataRejected === true) added.set(key, script);
  const require = Object.assign((id) => this.require(id), {
    resolve: Module.createRequire(filename).resolve,
    main: process.mainModule,
    extensions: Module._extensions,
    cache: Module._cache,
  });
  const run = script.runInThisContext();
  return run.call(this.exports, this.exports, require, this, filename, path.dirname(filename));
};

process.once('exit', store);
setTimeout(store, STORE_AFTER_MS).unref();
