import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import type { Sample } from './prometheus';

/** A series of samples, one a minute. */
export interface Series extends Omit<Sample, 'value'> {
  /** In promtool's notation: `5x60` stays at 5, `0+1x60` grows by 1. */
  readonly values: string;
}

/** A state of the metrics over an hour, and the alerts that fire at its end. */
export interface AlertCase {
  readonly series: readonly Series[];
  readonly firing: readonly string[];
}

/** Minutes of each case. */
export const MINUTES = 70;

/** Names of the alerts in the text of a rules file. */
export function alertNames(rules: string): string[] {
  return rulesIn(rules).map(({ alert }) => alert);
}

/** Rules in the text of a rules file. */
export function rulesIn(rules: string): { readonly alert: string; readonly expr: string }[] {
  const { groups } = parse(rules) as { groups: { rules: { alert: string; expr: string }[] }[] };
  return groups.flatMap((group) => group.rules);
}

/** Samples of a scrape as series that do not change. */
export function constant(samples: readonly Sample[]): Series[] {
  return samples
    .filter(({ value }) => Number.isFinite(value))
    .map(({ value, ...series }) => ({ ...series, values: `${value}x${MINUTES}` }));
}

/** Series that changed from one scrape to the next five minutes before the end of the case; new ones begin then. */
export function risen(before: readonly Sample[], after: readonly Sample[]): Series[] {
  const key = ({ name, labels }: Omit<Sample, 'value'>): string => JSON.stringify([name, labels]);
  const known = new Map(before.map((sample) => [key(sample), sample.value]));
  return after
    .filter(({ value }) => Number.isFinite(value))
    .map(({ value, ...series }) => {
      const old = known.get(key(series));
      return { ...series, values: `${old === undefined ? '_' : old}x${MINUTES - 5} ${value}x5` };
    });
}

/** Evaluates the rules in `promtool test rules`; fails with its output if another alert fires, or one does not. */
export function checkAlerts(promtool: string, rules: string, cases: readonly AlertCase[]): void {
  const names = alertNames(rules);
  const tests = cases.map(({ series, firing }) => ({
    interval: '1m',
    input_series: series.map(({ name, labels, values }) => ({
      series: `${name}{${Object.entries(labels)
        .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
        .join(',')}}`,
      values,
    })),
    promql_expr_test: names.map((name) => ({
      expr: `min(ALERTS{alertname="${name}",alertstate="firing"}) or vector(0)`,
      eval_time: `${MINUTES}m`,
      exp_samples: [{ labels: '{}', value: firing.includes(name) ? 1 : 0 }],
    })),
  }));
  inFolder((dir) => {
    writeFileSync(path.join(dir, 'alerts.yaml'), rules);
    const file = path.join(dir, 'test.yaml');
    writeFileSync(file, stringify({ rule_files: ['alerts.yaml'], evaluation_interval: '1m', tests }));
    run(promtool, ['test', 'rules', file]);
  });
}

/** Checks expressions with promtool, by rules that record them. */
export function checkExpressions(promtool: string, expressions: readonly string[]): void {
  const rules = expressions.map((expr, index) => ({ record: `checked_${index}`, expr }));
  inFolder((dir) => {
    const file = path.join(dir, 'rules.yaml');
    writeFileSync(file, stringify({ groups: [{ name: 'checked', rules }] }));
    run(promtool, ['check', 'rules', file]);
  });
}

function inFolder(use: (dir: string) => void): void {
  const dir = mkdtempSync(path.join(tmpdir(), 'parquetry-alerts-'));
  try {
    use(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function run(promtool: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`promtool ended with ${status}:\n${stdout}${stderr}`);
}
