// `npm test`: builds, installs into the user cache what the tests need (a Temporal server, independent Parquet
// readers, Spark), runs Jest. Arguments go to Jest. PARQUETRY_TEST_REPORT names a file for Jest's JSON report.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBrowser } from './browser.mjs';
import { ensureDeployTools } from './deploy.mjs';
import { OLD_PACKAGES, ensurePython } from './python.mjs';
import { ensureServers } from './servers.mjs';
import { ensureIcebergJars, ensureSpark } from './spark.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const node = (args, env = process.env) =>
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status ?? 1;

if (node([path.join(root, 'tools/build.mjs')]) !== 0) process.exit(1);

const env = { ...process.env };
const { python, reason } = ensurePython();
if (python) env.PARQUETRY_PYTHON = python;
else console.error(`Interop tests with pyarrow, polars and delta-rs are skipped: ${reason}.`);
const old = ensurePython({ packages: OLD_PACKAGES, given: process.env.PARQUETRY_OLD_PYTHON });
if (old.python) env.PARQUETRY_OLD_PYTHON = old.python;
else console.error(`Interop tests with delta-rs before version 1 are skipped: ${old.reason}.`);

const servers = ensureServers();
if (servers.weed) env.PARQUETRY_WEED = servers.weed;
if (servers.fakeGcs) env.PARQUETRY_FAKE_GCS = servers.fakeGcs;
if (servers.reason) console.error(`Storage tests on S3 and GCS servers are skipped: ${servers.reason}.`);

const spark = ensureSpark();
if (spark.python)
  Object.assign(env, { PARQUETRY_SPARK_PYTHON: spark.python, PARQUETRY_SPARK_JARS: spark.jars });
else console.error(`The test with Spark is skipped: ${spark.reason}.`);
const iceberg = spark.python ? ensureIcebergJars() : spark;
if (spark.python && iceberg.jars) env.PARQUETRY_ICEBERG_JARS = iceberg.jars;
else console.error(`The test of Iceberg tables with Spark is skipped: ${iceberg.reason}.`);

const { browser, reason: noBrowser } = ensureBrowser();
if (browser) env.PARQUETRY_CHROMIUM = browser;
else console.error(`Tests in a browser are skipped: ${noBrowser}.`);

const deploy = ensureDeployTools();
env.PARQUETRY_DEPLOY_TOOLS = JSON.stringify(deploy.found);
for (const [name, why] of Object.entries(deploy.missing))
  console.error(`Tests of deploy/ with ${name} are skipped: ${why}.`);

try {
  const { resolveTemporalBinary } = require('@parquetry/temporal');
  await resolveTemporalBinary({ onProgress: (line) => console.error(line) });
} catch (error) {
  console.error(`Tests that need a Temporal server are skipped: ${error.message}`);
}

const report = process.env.PARQUETRY_TEST_REPORT;
const args = [require.resolve('jest/bin/jest'), '--maxWorkers=2', ...process.argv.slice(2)];
if (report) args.push('--json', `--outputFile=${report}`);
process.exit(node(args, env));
