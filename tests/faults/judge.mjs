// `node tests/faults/judge.mjs --whole ARCHIVE --archives ARCHIVE,…`: what the campaign's reader finds wrong with local
// archives that should equal the whole one; one list for each, as JSON.
import { parseArgs } from 'node:util';
import { ensurePython } from '../../tools/python.mjs';
import { faultsOf } from './figures.mjs';
import { startReader } from './processes.mjs';

const { values } = parseArgs({
  options: { whole: { type: 'string' }, archives: { type: 'string' }, json: { type: 'boolean' } },
});
const reader = startReader(ensurePython().python);
const whole = await reader.read(values.whole, {});
const found = [];
for (const archive of values.archives.split(','))
  found.push(faultsOf(await reader.read(archive, {}), whole, false));
await reader.stop();
console.log(JSON.stringify(found));
