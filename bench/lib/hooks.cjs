// Loaded before a process of the telemetry bench (NODE_OPTIONS=--require). PARQUETRY_BENCH_HOOKS=remove takes all hooks of
// telemetry out of the running code, also out of the workflow code: what remains is the program without telemetry.
// PARQUETRY_BENCH_HOOKS=FILE appends one byte to the file for each call of a hook, in every process and thread.
'use strict';
const { appendFileSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

const mode = process.env.PARQUETRY_BENCH_HOOKS ?? '';
const OBSERVE = path.join('libs', 'system', 'dist', 'observe.js');
const BUNDLE = path.join('apps', 'worker', 'dist', 'bundle.js');
const INTERCEPTORS = /(importInterceptors = function importInterceptors\(\) \{\s*return \[)[^\]]*\]/;

const load = Module._extensions['.js'];
Module._extensions['.js'] = (module, file) => {
  load(module, file);
  if (file.endsWith(OBSERVE)) change(module.exports, mode === 'remove' ? removed : counted(module.exports));
  if (file.endsWith(BUNDLE) && mode === 'remove')
    change(module.exports, { workflowBundle: withoutInterceptors });
};

function change(exported, functions) {
  for (const [name, value] of Object.entries(functions)) {
    if (typeof exported[name] !== 'function') throw new Error(`there is no hook ${name}`);
    exported[name] = value;
  }
}

const removed = {
  observed: (_, work) => work(),
  observedStream: (_, stream) => stream,
};

function counted(exported) {
  const names = ['observed', 'observedStream', 'isObserved'];
  const functions = names.map((name) => {
    const original = exported[name];
    return [
      name,
      (...args) => {
        appendFileSync(mode, '.');
        return original(...args);
      },
    ];
  });
  return Object.fromEntries(functions);
}

function withoutInterceptors() {
  const text = readFileSync(path.join(__dirname, '../../apps/worker/dist/workflow-bundle.js'), 'utf8');
  if (!INTERCEPTORS.test(text)) throw new Error('the workflow code has no interceptors');
  return { code: text.replace(INTERCEPTORS, '$1]') };
}
