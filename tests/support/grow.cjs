// Copies the objects of a lake into another one, oldest first, each whole by renaming: `node grow.cjs FROM TO MS`.
const fs = require('node:fs');
const path = require('node:path');
const [from, to, pause] = process.argv.slice(2);
const ledgerOf = (name) => Number(/--(\d+)(?:-\d+)?\.xdr/.exec(name)[1]);
const names = fs
  .readdirSync(from, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.xdr.zst'));
names.sort((a, b) => ledgerOf(a) - ledgerOf(b));
const next = () => {
  const name = names.shift();
  if (name === undefined) return;
  const target = path.join(to, name);
  if (!fs.existsSync(target)) {
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.copyFileSync(path.join(from, name), `${target}.tmp`);
    fs.renameSync(`${target}.tmp`, target);
  }
  setTimeout(next, Number(pause));
};
next();
