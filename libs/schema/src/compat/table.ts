import { type Outcome, READERS, type Reader, RULES, type Rule, type Verdict } from './rules';

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  exact: 'exact',
  hidden: 'hidden',
  retyped: 'other type',
  wrong: '**wrong**',
  error: 'error',
};

const VERDICTS: Readonly<Record<Verdict, string>> = { ok: 'yes', iceberg: 'Iceberg only', breaking: 'no' };

/**
 * The rule table as two Markdown tables: allowed changes with reasons, and the behaviour of readers. Part of
 * `docs/schemas.md`.
 */
export function rulesMarkdown(): string {
  const rules = Object.values<Rule>(RULES);
  const readers = Object.keys(READERS) as Reader[];
  return [
    ...markdown(
      ['change', 'BACKWARD', 'FORWARD', 'why'],
      rules.map(({ change, backward, forward, why }) => [change, VERDICTS[backward], VERDICTS[forward], why]),
    ),
    '',
    ...markdown(
      ['change', ...Object.values(READERS)],
      rules.flatMap(({ change, shown }) =>
        shown === undefined ? [] : [[change, ...readers.map((reader) => OUTCOMES[shown.readers[reader]])]],
      ),
    ),
  ].join('\n');
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)];
}
