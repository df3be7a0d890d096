// `npm run bench`: Parquetry's partition path beside plain DuckDB COPY and the other tools a user has, in turns.
import path from 'node:path';
import { benchPython } from './lib/python.mjs';
import { ROOT } from './lib/contender.mjs';
import { contend, median, megabytes, table } from './lib/measure.mjs';
import { messagesFile } from './lib/messages.mjs';

const script = (name) => path.join(ROOT, 'bench/contenders', name);

/** Runs the comparison; `options` are the parsed arguments of `run.mjs`. */
export async function backfill(options, log = console.error) {
  const data = messagesFile(options.messages, log);
  const { python, reason } =
    options.only === undefined || /polars|pyarrow|dlt/.test(options.only) ? benchPython(log) : {};
  if (reason !== undefined) log(`Without polars, pyarrow and dlt: ${reason}`);
  const node = (name) => [process.execPath, script(name)];
  const contenders = [
    { name: 'duckdb copy', command: node('duckdb.mjs'), runs: options.pairs },
    { name: 'parquetry', command: node('parquetry.mjs'), runs: options.pairs },
    { name: 'parquetry cli', command: node('parquetry_cli.mjs'), runs: options.slow },
    ...(python === undefined
      ? []
      : [
          { name: 'polars', command: [python, script('polars_sink.py')], runs: options.pairs },
          { name: 'pyarrow', command: [python, script('pyarrow_json.py')], runs: options.pairs },
          { name: 'dlt', command: [python, script('dlt_load.py')], runs: options.slow },
        ]),
  ].filter(({ name }) => options.only === undefined || options.only.split(',').includes(name.split(' ')[0]));
  const request = {
    file: data.file,
    range: data.range,
    partitions: options.partitions,
    concurrency: options.concurrency,
    memoryBytes: options.memoryMb * 1e6,
    threads: options.threads,
  };
  const runs = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < Math.max(options.pairs, options.slow); round += 1)
    for (const { name, command, runs: wanted } of contenders) {
      if (round >= wanted) continue;
      const answer = await contend(command, request);
      if (answer.rows !== data.messages)
        throw new Error(`${name} wrote ${answer.rows} of ${data.messages} rows`);
      log(`${name}: ${answer.seconds.toFixed(2)} s`);
      runs.get(name).push(answer);
    }
  return { data, report: report(runs, data, options) };
}

function report(runs, data, options) {
  const limit = runs.get('duckdb copy') ?? [];
  const entries = [...runs].map(([name, answers]) => {
    const of = (key) => answers.map((answer) => answer[key]).filter((value) => value !== undefined);
    const ratios = answers.flatMap((answer, index) =>
      limit[index] === undefined ? [] : [answer.seconds / limit[index].seconds],
    );
    const cpu = of('cpuSeconds');
    const entry = {
      runs: answers.length,
      seconds: median(of('seconds')),
      secondsAll: of('seconds'),
      ...(cpu.length === 0 ? {} : { cpuSeconds: median(cpu) }),
      rowsPerSecond: Math.round(data.messages / median(of('seconds'))),
      ratio: ratios.length === 0 ? undefined : median(ratios),
      peakRss: Math.max(...of('peakRss')),
      bytes: median(of('bytes')),
      ...(answers[0].steps === undefined
        ? {}
        : {
            steps: answers.map(({ steps }) => steps),
            idleRss: median(of('idleRss')),
            planSeconds: median(answers.map(({ steps }) => steps.plan)),
          }),
    };
    return [name, entry];
  });
  const results = Object.fromEntries(entries);
  const own = results['parquetry'];
  return {
    messages: data.messages,
    inputBytes: data.bytes,
    partitions: options.partitions,
    concurrency: options.concurrency,
    threads: options.threads,
    memoryBytes: options.memoryMb * 1e6,
    ratioToDuckdbCopy: own?.ratio,
    // The plan (index, counts, types of the whole range, before any partition) once more, which runs before the clock.
    ...(own === undefined || limit.length === 0
      ? {}
      : {
          ratioWithPlan: median(
            runs
              .get('parquetry')
              .flatMap((answer, index) =>
                limit[index] === undefined
                  ? []
                  : [(answer.seconds + answer.steps.plan) / limit[index].seconds],
              ),
          ),
        }),
    ...(own === undefined || results['duckdb copy'] === undefined
      ? {}
      : { cpuRatioToDuckdbCopy: own.cpuSeconds / results['duckdb copy'].cpuSeconds }),
    results,
  };
}

/** The report as a table. */
export function printed(report) {
  const rows = Object.entries(report.results).map(([name, entry]) => [
    name,
    entry.runs,
    `${entry.seconds.toFixed(2)} s`,
    entry.ratio === undefined ? '' : `${entry.ratio.toFixed(2)}×`,
    entry.cpuSeconds === undefined ? '' : `${entry.cpuSeconds.toFixed(2)} s`,
    entry.rowsPerSecond.toLocaleString('en'),
    megabytes(entry.peakRss),
    megabytes(entry.bytes),
  ]);
  const withPlan =
    report.ratioWithPlan === undefined
      ? ''
      : `\nPlan and partitions together: ${report.ratioWithPlan.toFixed(2)}× of the COPY (plan ${report.results['parquetry'].planSeconds.toFixed(2)} s).\n`;
  const head = ['', 'runs', 'median', 'to COPY', 'processor', 'rows/s', 'peak RSS', 'written'];
  return (
    `${report.messages.toLocaleString('en')} messages, ${megabytes(report.inputBytes)}; ${report.partitions} partitions, ` +
    `${report.concurrency} at once, ${report.threads} threads, ${megabytes(report.memoryBytes)} of memory\n\n${table(head, rows)}\n${withPlan}`
  );
}
