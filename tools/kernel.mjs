// `npm run kernel [-- --check]`: compiles libs/source/kernel (AssemblyScript) to WebAssembly and writes it, as text, to its
// caller's folder, with the layout of its memory; with --check it only says whether these files are up to date.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const OPTIONS = ['--runtime', 'stub', '--importMemory', '--enable', 'simd', '-O3', '--noAssert'];

/** The compiled kernel as the TypeScript module that holds it. */
async function kernelModule() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parquetry-kernel-'));
  try {
    const file = path.join(folder, 'kernel.wasm');
    const source = path.join(ROOT, 'libs/source/kernel/index.ts');
    const { error, stderr } = await asc.main([source, '--outFile', file, ...OPTIONS]);
    if (error) throw new Error(`The kernel does not compile:\n${stderr.toString()}`);
    const lines = readFileSync(file)
      .toString('base64')
      .match(/.{1,110}/g)
      .map((line) => `  '${line}',`)
      .join('\n');
    return `/** The compiled line kernel (libs/source/kernel), base64. Made by \`npm run kernel\`. */\nexport const KERNEL = [\n${lines}\n].join('');\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The layout of the kernel's memory for its caller: the constants of libs/source/kernel/layout.ts as plain numbers. */
function layoutModule() {
  const source = readFileSync(path.join(ROOT, 'libs/source/kernel/layout.ts'), 'utf8');
  const body = source.slice(source.indexOf('\n\n') + 1);
  return `// Layout of the kernel's memory. Generated from libs/source/kernel/layout.ts by \`npm run kernel\`.\n${body.replace(/^(export const \w+): \w+ =/gm, '$1 =')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = path.join(ROOT, 'libs/source/src/ndjson/kernel');
  for (const [name, made] of [
    ['layout.ts', layoutModule()],
    ['binary.ts', await kernelModule()],
  ]) {
    const target = path.join(folder, name);
    if (!process.argv.includes('--check')) writeFileSync(target, made);
    else if (readFileSync(target, 'utf8') !== made) {
      console.error(`${name} is not what libs/source/kernel makes: npm run kernel`);
      process.exitCode = 1;
    }
  }
}
