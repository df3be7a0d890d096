// `npm run bench -- schemas`: what it costs to find every unknown key and every type conflict in every row, compared with one
// plain COPY of DuckDB with explicit columns, in turns.
import path from 'node:path';
import { ROOT } from './lib/contender.mjs';
import { contend, median, megabytes } from './lib/measure.mjs';
import { messagesFile } from './lib/messages.mjs';

/** Runs the comparison: `{ pairs, messages, partitions, concurrency, threads, memoryMb }`. */
export async function schemas(options, log = console.error) {
  const data = messagesFile(options.messages, log);
  const { partitions, concurrency, threads, memoryMb } = options;
  const request = {
    file: data.file,
    range: data.range,
    partitions,
    concurrency,
    threads,
    memoryBytes: memoryMb * 1e6,
  };
  const script = (name) => [process.execPath, path.join(ROOT, 'bench/contenders', name)];
  const pairs = [];
  for (let pair = 0; pair < options.pairs; pair += 1) {
    const copy = await contend(script('duckdb.mjs'), request);
    const whole = await contend(script('parquetry.mjs'), request);
    const drift = await contend(script('drift.mjs'), request);
    for (const { rows } of [copy, whole, drift])
      if (rows !== data.messages) throw new Error(`${rows} of ${data.messages} rows came through`);
    pairs.push({
      copySeconds: copy.seconds,
      seconds: whole.seconds,
      ratio: whole.seconds / copy.seconds,
      ratioWithIndex: (whole.seconds + whole.steps.plan) / copy.seconds,
      cpuRatio: whole.cpuSeconds / copy.cpuSeconds,
      indexMbPerCpuSecond: drift.indexMbPerCpuSecond,
      pullMbPerCpuSecond: drift.pullMbPerCpuSecond,
    });
    log(`pair ${pair + 1}: ${whole.seconds.toFixed(2)} s for ${copy.seconds.toFixed(2)} s of COPY`);
  }
  const middle = Object.fromEntries(
    Object.keys(pairs[0]).map((key) => [key, median(pairs.map((pair) => pair[key]))]),
  );
  return {
    messages: data.messages,
    inputBytes: data.bytes,
    partitions,
    concurrency,
    threads,
    median: middle,
    pairs,
  };
}

/** The report as text. */
export function printed({ messages, inputBytes, median: middle, pairs }) {
  const ratios = pairs.map(({ ratio }) => `${ratio.toFixed(2)}×`).join(' ');
  return [
    `${messages.toLocaleString('en')} messages, ${megabytes(inputBytes)}; medians of ${pairs.length} pairs`,
    `plain COPY with explicit columns                    ${middle.copySeconds.toFixed(2)} s`,
    `pull, validate, drift check, COPY, verify, commit    ${middle.seconds.toFixed(2)} s`,
    `ratio                                               ${middle.ratio.toFixed(2)}×  (${ratios}); of processor time ${middle.cpuRatio.toFixed(2)}×`,
    `ratio with the index pass                           ${middle.ratioWithIndex.toFixed(2)}×`,
    `index pass (infers over every value), one core      ${middle.indexMbPerCpuSecond.toFixed(0)} MB/s`,
    `pull (checks and stages every value), one core      ${middle.pullMbPerCpuSecond.toFixed(0)} MB/s`,
    '',
  ].join('\n');
}
