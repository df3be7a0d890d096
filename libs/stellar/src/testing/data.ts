import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { decompress } from '@mongodb-js/zstd';

/** Folder of the public test data; may be absent. */
export const DATA =
  process.env['PARQUETRY_TEST_DATA'] ?? path.resolve(__dirname, '../../../../../shared/data');

/** Whether the test data is present, and the suffix for test names when it is not. */
export const hasData = existsSync(path.join(DATA, 'lakes'));
export const SKIPPED = hasData ? '' : ' (skipped: no test data, set PARQUETRY_TEST_DATA)';

/** The lakes that stellar-core's own tests wrote: `core/NAME`. */
export const coreLakes: readonly string[] = existsSync(path.join(DATA, 'core/lakes'))
  ? readdirSync(path.join(DATA, 'core/lakes')).map((name) => `core/${name}`)
  : [];

/** Folder of `NAME` or `core/NAME` below `lakes` or `goldens`. */
function folderOf(kind: 'lakes' | 'goldens', name: string): string {
  const core = name.startsWith('core/');
  return path.join(DATA, core ? 'core' : '', kind, core ? name.slice(5) : name);
}

/** The network passphrase in a lake's manifest; undefined for a lake without one. */
export function lakeNetwork(lake: string): string | undefined {
  const manifest = path.join(folderOf('lakes', lake), '.config.json');
  if (!existsSync(manifest)) return undefined;
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { networkPassphrase: string }).networkPassphrase;
}

/** The decompressed objects of a lake of the test data, by ascending ledger. */
export async function lakeObjects(
  lake: string,
): Promise<{ readonly name: string; readonly bytes: Buffer }[]> {
  const root = folderOf('lakes', lake);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.zstd?$/.test(name),
  );
  const files = names.sort().reverse();
  return Promise.all(
    files.map(async (name) => ({ name, bytes: await decompress(readFileSync(path.join(root, name))) })),
  );
}

/** Text of a golden file; empty when the file does not exist. */
export async function goldenText(range: string, type: string): Promise<string> {
  const file = path.join(folderOf('goldens', range), `${type}.ndjson.zst`);
  return existsSync(file) ? (await decompress(readFileSync(file))).toString('utf8') : '';
}

/**
 * SEP-51 JSON of ScVals (base64 XDR) by stellar-xdr-json, the reference implementation in Rust. Jest can't load its ES
 * module and WebAssembly file, so a Node process runs it.
 */
export function referenceJson(values: readonly string[]): string[] {
  const script = `
    import { readFileSync } from 'node:fs';
    import init, * as named from '@stellar/stellar-xdr-json';
    const wasm = readFileSync(new URL('stellar_xdr_json_bg.wasm', import.meta.resolve('@stellar/stellar-xdr-json')));
    if (named.initSync) named.initSync(wasm); else await init(wasm);
    const values = JSON.parse(readFileSync(0, 'utf8'));
    process.stdout.write(JSON.stringify(values.map((value) => named.decode('ScVal', value))));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: __dirname,
    input: JSON.stringify(values),
    maxBuffer: 1 << 30,
  });
  return JSON.parse(output.toString('utf8')) as string[];
}
