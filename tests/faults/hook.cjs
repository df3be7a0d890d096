// Loaded before a worker (`node --require`): counts what the process changes on disk and ends it with SIGKILL at one of
// these operations, before or after it is done. PARQUETRY_FAULT is {"at": 12, "when": "before", "log": "file"}; without
// `at` it only counts. The log gets the count or the operation that was the last one.
const { isMainThread } = require('node:worker_threads');
const fs = require('node:fs');
const promises = require('node:fs/promises');

if (isMainThread && process.env.PARQUETRY_FAULT) {
  const { at, when, log } = JSON.parse(process.env.PARQUETRY_FAULT);
  let count = 0;

  const step = async (name, target, run) => {
    const index = count++;
    if (index === at && when === 'before') end(name, target);
    const result = await run();
    if (index === at) end(name, target);
    return result;
  };
  const end = (name, target) => {
    fs.appendFileSync(log, `${JSON.stringify({ name, when, target: String(target) })}\n`);
    process.kill(process.pid, 'SIGKILL');
    for (;;); // nothing else of this process happens before the signal comes
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

  process.on('exit', () => fs.appendFileSync(log, `${JSON.stringify({ count })}\n`));
}
