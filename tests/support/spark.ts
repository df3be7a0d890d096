import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A Python with PySpark and the jars of Delta Lake; set by `npm test`. */
const PYTHON = process.env['PARQUETRY_SPARK_PYTHON'];
const JARS = process.env['PARQUETRY_SPARK_JARS'];

/** The jars with which Spark reads Iceberg tables, also on S3. */
const ICEBERG_JARS = process.env['PARQUETRY_ICEBERG_JARS'];

/** Whether Spark can be started. */
export const HAS_SPARK = PYTHON !== undefined && JARS !== undefined;

/** Whether it can read Iceberg tables. */
export const HAS_ICEBERG = HAS_SPARK && ICEBERG_JARS !== undefined;

/**
 * Starts Spark once for all requests to `tests/interop/spark.py`, and returns its answer. `dir` is for the files
 * that Spark leaves. A request about Iceberg tables has their settings in `settings`.
 */
export async function spark<T>(dir: string, request: object): Promise<T> {
  if (PYTHON === undefined || JARS === undefined) throw new Error('PARQUETRY_SPARK_PYTHON is not set');
  const jars = 'settings' in request ? `${JARS},${ICEBERG_JARS}` : JARS;
  mkdirSync(dir, { recursive: true });
  const [asked, answered] = [path.join(dir, 'request.json'), path.join(dir, 'answer.json')];
  writeFileSync(asked, JSON.stringify({ ...request, jars }));
  const script = path.join(__dirname, '../interop/spark.py');
  const child = spawn(PYTHON, [script, asked, answered], {
    cwd: dir,
    env: { ...process.env, TZ: 'UTC', PYSPARK_PYTHON: PYTHON, SPARK_LOCAL_IP: '127.0.0.1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-8000)));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`Spark ended with ${String(code)}:\n${stderr}`);
  return JSON.parse(readFileSync(answered, 'utf8')) as T;
}
