import { ERROR_CODES, SECRET_VARIABLES } from '@parquetry/core';
import { VARIABLES } from '../environment';
import { SETTINGS, environmentName } from '../settings';
import { runInProcess } from '../testing/run';
import { TOPIC_NAMES } from '../topicnames';
import { TOPICS } from '.';

const text = async (name: string): Promise<string> => (await runInProcess('help', name)).stdout;

describe('parquetry help', () => {
  it('prints every topic that its help names, in lines that fit a terminal', async () => {
    expect(TOPICS.map(({ name }) => name)).toEqual(TOPIC_NAMES);
    for (const name of TOPIC_NAMES) {
      const printed = await text(name);
      expect(printed.length).toBeGreaterThan(500);
      expect(printed.split('\n').filter((line) => line.length > 120)).toEqual([]);
    }
  });

  it('has every setting and variable, and every error code with its exit code', async () => {
    const environment = await text('environment');
    for (const name of [
      ...SETTINGS.map((setting) => environmentName(setting.name)),
      ...VARIABLES.map(({ name }) => name),
      ...SECRET_VARIABLES,
    ])
      expect(environment).toMatch(new RegExp(`^ {4}${name} `, 'm'));
    const parts = (await text('exit-codes')).split(/^\*\*(\d+)\*\* /m);
    for (const [code, { exit }] of Object.entries(ERROR_CODES))
      expect(parts[parts.indexOf(String(exit)) + 1]).toMatch(new RegExp(`\\b${code}\\b`));
  });

  it('explains every error code, as the last line of an error says', async () => {
    for (const [code, { remedy }] of Object.entries(ERROR_CODES)) {
      const printed = (await text(code)).replaceAll('\n', ' ');
      expect(printed).toContain(`${code}: `);
      expect(printed).toContain(`Remedy: ${remedy}`);
    }
    expect(await text('LATE_MESSAGE')).toMatch(/^LATE_MESSAGE \(reject\): /);
    expect(await text('COVERAGE_GAP')).toMatch(/Remedy: [^]*\nCOVERAGE_GAP \(finding\): /);
    const { stderr } = await runInProcess('help', 'exitcodes');
    expect(stderr).toMatch(
      /^error USAGE: [^]*\n {2}More: parquetry help USAGE \(docs\/errors\.md#usage\)\n$/,
    );
    expect((await runInProcess('plan', '--ledgers', '5-1')).stderr).toMatch(
      / More: parquetry help INTERNAL /,
    );
  });

  it('prints the help of a command, refuses unknown names and suggests topics', async () => {
    expect((await text('backfill')).split('\n')[0]).toBe('Usage: parquetry backfill [options]');
    expect((await runInProcess('help', 'schema', 'list')).stdout).toContain('parquetry schema list');
    expect((await runInProcess('help')).stdout).toContain('Topics of `parquetry help`');
    const unknown = await runInProcess('help', 'exitcodes');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('exit-codes')]);
  });
});
