// `npm run bench`: Parquetry's partition path compared with plain DuckDB COPY and other tools, in turns.
import path from 'node:path';
import { benchPython } from './lib/python.mjs';
import { ROOT } from './lib/contender.mjs';
import { contend, median, megabytes, table } from './lib/measure.mjs';
import { messagesFile } from './lib/messages.mjs';

/** A worker that has run before; and what leaves two columns out, which pyarrow's reader has no type for. */
const AGAIN = 'parquetry, again';
const PARTIAL = 'pyarrow, no key and val';
/** Rows a second of the program whose place Parquetry takes, measured elsewhere on like data; it loses rows. */
const REFERENCE_ROWS = 24_000;

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
    { name: 'parquetry', command: node('parquetry.mjs'), runs: options.pairs, asks: { again: true } },
    { name: 'parquetry cli', command: node('parquetry_cli.mjs'), runs: options.slow },
    ...(python === undefined
      ? []
      : [
          { name: 'polars', command: [python, script('polars_sink.py')], runs: options.pairs },
          { name: PARTIAL, command: [python, script('pyarrow_json.py')], runs: options.pairs },
          { name: 'pyarrow', command: [python, script('pyarrow_rows.py')], runs: options.slow },
          { name: 'dlt', command: [python, script('dlt_load.py')], runs: options.slow },
        ]),
  ].filter(
    ({ name }) => options.only === undefined || options.only.split(',').includes(name.split(/[ ,]/)[0]),
  );
  const request = {
    file: data.file,
    range: data.range,
    partitions: options.partitions,
    concurrency: options.concurrency,
    memoryBytes: options.memoryMb * 1e6,
    threads: options.threads,
  };
  const runs = new Map();
  const note = (name, answer) => {
    if (answer.rows !== data.messages)
      throw new Error(`${name} wrote ${answer.rows} of ${data.messages} rows`);
    log(`${name}: ${answer.seconds.toFixed(2)} s`);
    runs.set(name, [...(runs.get(name) ?? []), answer]);
  };
  for (let round = 0; round < Math.max(options.pairs, options.slow); round += 1)
    for (const { name, command, runs: wanted, asks } of contenders) {
      if (round >= wanted) continue;
      const { again, ...answer } = await contend(command, { ...request, ...asks });
      note(name, answer);
      // The same worker's next backfill of the same data.
      if (again !== undefined) note(AGAIN, { ...again, peakRss: answer.peakRss, idleRss: answer.idleRss });
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
  const head = {
    messages: data.messages,
    inputBytes: data.bytes,
    partitions: options.partitions,
    concurrency: options.concurrency,
    threads: options.threads,
    memoryBytes: options.memoryMb * 1e6,
  };
  if (own === undefined) return { ...head, results };
  const paired = (other) =>
    median(
      runs
        .get('parquetry')
        .flatMap((answer, index) =>
          limit[index] === undefined ? [] : [other(answer) / limit[index].seconds],
        ),
    );
  const times = (name) => results[name] && results[name].seconds / own.seconds;
  return {
    ...head,
    ...(limit.length === 0
      ? {}
      : {
          ratioToDuckdbCopy: own.ratio,
          ratioOfNextBackfill: results[AGAIN].ratio,
          // The plan (index, counts, types of the whole range, before any partition) in addition, which runs before the clock.
          ratioWithPlan: paired(({ seconds, steps }) => seconds + steps.plan),
          cpuRatioToDuckdbCopy: own.cpuSeconds / results['duckdb copy'].cpuSeconds,
        }),
    // How many times as long the others take.
    times: {
      polars: times('polars'),
      [PARTIAL]: times(PARTIAL),
      pyarrow: times('pyarrow'),
      dlt: times('dlt'),
    },
    timesReferenceRate: own.rowsPerSecond / REFERENCE_ROWS,
    beyondIdle: own.peakRss - own.idleRss,
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
  const head = ['', 'runs', 'median', 'to COPY', 'processor', 'rows/s', 'peak RSS', 'written'];
  return (
    `${report.messages.toLocaleString('en')} messages, ${megabytes(report.inputBytes)}; ${report.partitions} partitions, ` +
    `${report.concurrency} at once, ${report.threads} threads, ${megabytes(report.memoryBytes)} of memory\n\n` +
    `${table(head, rows)}\n\n${goals(report).join('\n')}\n`
  );
}

/** What is asked of the path, and whether it was met. */
function goals(report) {
  const { results, times, memoryBytes, beyondIdle } = report;
  if (results['parquetry'] === undefined) return [];
  const line = (goal, found, met) => `${met ? 'met   ' : 'MISSED'}  ${goal}: ${found}`;
  const faster = (name, least) =>
    times[name] === undefined
      ? []
      : [
          line(
            `${name} takes ${least === 1 ? 'longer' : `${least} times as long`}`,
            `${times[name].toFixed(2)}×`,
            times[name] >= least,
          ),
        ];
  const ratio = report.ratioToDuckdbCopy;
  return [
    ...(ratio === undefined
      ? []
      : [
          line(
            'at most 2.0× of the COPY',
            `${ratio.toFixed(2)}×, the next backfill ${report.ratioOfNextBackfill.toFixed(2)}×, with the plan ${report.ratioWithPlan.toFixed(2)}×`,
            ratio <= 2,
          ),
        ]),
    ...faster('polars', 1),
    ...faster('pyarrow', 1),
    ...faster('dlt', 10),
    line(
      'at least 5 times the reference program’s rows a second',
      `${report.timesReferenceRate.toFixed(1)}×`,
      report.timesReferenceRate >= 5,
    ),
    line('peak memory beyond idle within the limit', megabytes(beyondIdle), beyondIdle <= memoryBytes),
  ];
}
