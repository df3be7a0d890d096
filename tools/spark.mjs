// Spark with Delta Lake, the reference implementation, for the one test that reads our tables with it: PySpark in a
// separate virtual environment, the Delta jars by Maven, both in the user cache.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot } from './python.mjs';

const PYSPARK = 'pyspark==4.0.1';
/** What Spark 4.0 needs for Delta in addition to its own jars. */
const JARS = ['io.delta:delta-spark_2.13:4.0.0', 'io.delta:delta-storage:4.0.0'];
/** For Iceberg, also on S3: 110 MB. */
const ICEBERG_JARS = [
  'org.apache.iceberg:iceberg-spark-runtime-4.0_2.13:1.10.1',
  'org.apache.iceberg:iceberg-aws-bundle:1.10.1',
];
/**
 * For Delta on S3 and for both formats on GCS: 40 MB. hadoop-aws is of the Hadoop version of PySpark; the other classes of
 * the AWS SDK that it needs are in iceberg-aws-bundle, in the version of the transfer manager here.
 */
const STORE_JARS = [
  'org.apache.hadoop:hadoop-aws:3.4.1',
  'software.amazon.awssdk:s3-transfer-manager:2.33.0',
  'com.google.cloud.bigdataoss:gcs-connector:hadoop3-2.2.26:jar:shaded',
];
const JAVA_VERSIONS = [17, 21];

/**
 * A Python with PySpark and the comma-separated paths of the Delta jars, installed first where Java, Maven, PyPI and
 * Maven Central can be had; else the reason. PARQUETRY_SPARK_PYTHON and PARQUETRY_SPARK_JARS name existing ones.
 */
export function ensureSpark({ log = console.error } = {}) {
  const { PARQUETRY_SPARK_PYTHON: given, PARQUETRY_SPARK_JARS: jars } = process.env;
  if (given && jars) return { python: given, jars };
  const java = javaVersion();
  if (!JAVA_VERSIONS.includes(java))
    return { reason: `Spark needs Java ${JAVA_VERSIONS.join(' or ')}, found ${java ?? 'none'}` };
  const own = ensure(
    [PYSPARK, ...JARS],
    'PySpark and the Delta jars for the Spark test (once, about 500 MB, into the user cache)',
    sparkSteps,
    log,
  );
  if (own.reason !== undefined) return own;
  return { python: path.join(own.target, 'venv', 'bin', 'python'), jars: jarsIn(own.target) };
}

/**
 * The comma-separated paths of the jars with which Spark reads Iceberg tables, and tables on S3 and GCS, else the reason.
 * PARQUETRY_ICEBERG_JARS names existing ones.
 */
export function ensureIcebergJars({ log = console.error } = {}) {
  const { PARQUETRY_ICEBERG_JARS: given } = process.env;
  if (given) return { jars: given };
  const jars = [];
  for (const [artifacts, size] of [
    [ICEBERG_JARS, '110 MB'],
    [STORE_JARS, '40 MB'],
  ]) {
    const what = `jars of Spark for Iceberg and stores (once, ${size}, into the user cache)`;
    const { reason, target } = ensure(artifacts, what, (folder) => jarSteps(folder, artifacts), log);
    if (reason !== undefined) return { reason };
    jars.push(jarsIn(target));
  }
  return { jars: jars.join() };
}

/** A folder of the user cache with what the steps install. */
function ensure(packages, what, steps, log) {
  const key = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 12);
  const target = path.join(cacheRoot(), 'spark', key);
  if (existsSync(path.join(target, 'ready'))) return { target };
  log(`Installing ${what} …`);
  const building = `${target}.${process.pid}`;
  const reason = install(building, steps(building));
  if (reason !== undefined) {
    rmSync(building, { recursive: true, force: true });
    return { reason };
  }
  try {
    renameSync(building, target);
  } catch {
    rmSync(building, { recursive: true, force: true }); // another run was first
  }
  return { target };
}

function jarsIn(target) {
  const folder = path.join(target, 'jars');
  const files = readdirSync(folder).filter((name) => name.endsWith('.jar'));
  return files.map((name) => path.join(folder, name)).join(',');
}

/** Major version of the Java that Spark would start; undefined where there is none. */
function javaVersion() {
  const java = process.env.JAVA_HOME ? path.join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  const { status, stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const version = /version "(?:1\.)?(\d+)/.exec(stderr ?? '')?.[1];
  return status === 0 && version !== undefined ? Number(version) : undefined;
}

function jarSteps(folder, artifacts) {
  const maven = [
    '--quiet',
    '--batch-mode',
    'dependency:copy',
    `-DoutputDirectory=${path.join(folder, 'jars')}`,
  ];
  return artifacts.map((artifact) => ['mvn', [...maven, `-Dartifact=${artifact}`]]);
}

function sparkSteps(folder) {
  const venv = path.join(folder, 'venv');
  return [
    ...jarSteps(folder, JARS),
    ['python3', ['-m', 'venv', venv]],
    [path.join(venv, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', PYSPARK]],
    [path.join(venv, 'bin', 'python'), ['-c', 'import pyspark']],
  ];
}

function install(folder, steps) {
  mkdirSync(path.join(folder, 'jars'), { recursive: true });
  for (const [file, args] of steps) {
    const options = { encoding: 'utf8', timeout: 600_000, cwd: folder };
    const { status, stdout, stderr, error } = spawnSync(file, args, options);
    if (status === 0) continue;
    const said = (stderr || stdout || String(error)).trim().split('\n').at(-1);
    return `${path.basename(file)} ${args.at(-1)} failed: ${said}`;
  }
  writeFileSync(path.join(folder, 'ready'), '');
  return undefined;
}
