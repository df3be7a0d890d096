import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { configText } from './configfile';
import { configSchema } from './configschema';
import { REFERENCE_KEYS } from './reference';
import { PROFILES, SETTINGS, configKey } from './settings';

const accepts = new Ajv({ allErrors: true }).compile(configSchema());
const valid = (text: string): boolean => accepts(parse(text)) as boolean;

/** A value that a setting documents, and one that it refuses. */
function samples(takes: string): readonly [good: string, bad: string] {
  const bounds = /^(\d+)–(\d+)$/.exec(takes);
  if (bounds !== null) return [bounds[2] ?? '', String(Number(bounds[2]) + 1)];
  if (takes === 'true, false') return ['true', '"maybe"'];
  if (takes.startsWith('a time')) return ['10m', '10 minutes'];
  if (takes.startsWith('a size')) return ['1.5GiB', '5 furlongs'];
  if (takes === 'a number above 0') return ['0.5', '0'];
  if (takes.startsWith('letters')) return ['a-1', 'a b'];
  if (takes === 'host:port') return ['127.0.0.1:9464', 'nowhere'];
  if (takes.endsWith('@2025-07-13')) return ['426000', 'sometimes'];
  return /^[\w-]+(, [\w-]+)+$/.test(takes) && !takes.startsWith('names')
    ? [takes.split(', ').at(-1) ?? '', 'nothing-like-it']
    : ['some text', '{a: map}'];
}

describe('the JSON Schema of the configuration file', () => {
  it.each(SETTINGS.map(({ name, takes }) => [name, takes]))('has %s, with its values: %s', (name, takes) => {
    const [good, bad] = samples(takes);
    for (const key of [configKey(name), name]) {
      expect({ key, good, valid: valid(`${key}: ${good}`) }).toMatchObject({ valid: true });
      expect({ key, bad, valid: valid(`${key}: ${bad}`) }).toMatchObject({ valid: false });
    }
  });

  it('accepts lists, defaults, profiles, text with digits and an empty file', () => {
    expect(valid('types: [ledgers, transactions]\nclose_time: [payment=a]\npartition_size: 1_000')).toBe(
      true,
    );
    expect(valid('')).toBe(true);
    for (const { name, default: standard } of SETTINGS)
      if (standard !== undefined) expect(accepts({ [configKey(name)]: standard })).toBe(true);
    for (const profile of Object.values(PROFILES)) expect(accepts(profile)).toBe(true);
  });

  it('refuses unknown keys', () => {
    for (const text of ['compresion: zstd', 'detach: true', 'Layout: hour', 'buffer_size_: 1', 'password: x'])
      expect({ text, valid: valid(text) }).toEqual({ text, valid: false });
  });

  it("accepts the reference program's file, flat and as a pipeline, with all of its keys", () => {
    const flat = `storage_type: GCS\nbucket_name: b\nlocal_path: p\npath_prefix: a/b\npartition_by: ledger_range\nledgers_per_file: 100\nschema_evolution: true\n`;
    expect(Object.keys(parse(flat) as object).sort()).toEqual([...REFERENCE_KEYS].sort());
    expect(valid(flat)).toBe(true);
    expect(valid('pipelines:\n  P: {source: {type: X}, consumers: [{type: SaveToParquet}]}')).toBe(true);
    expect(valid('storage_type: FTP')).toBe(false);
  });

  it('accepts the example of docs/configuration.md, and the file that `init` writes with all comments removed', () => {
    const page = readFileSync(path.join(__dirname, '../../../docs/configuration.md'), 'utf8');
    const [, example = ''] = /```yaml\n([^]*?)```/.exec(page) ?? [];
    expect(example).toContain('archive:');
    expect(valid(example)).toBe(true);
    const text = configText(
      new Map([
        ['source', 'ndjson:./a: b.ndjson'],
        ['layout', 'hour'],
      ]),
      'p.yaml',
      './s.json',
    );
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./s.json');
    expect(parse(text)).toEqual({ source: 'ndjson:./a: b.ndjson', layout: 'hour' });
    const uncommented = text.replaceAll(/^#([a-z_]+: \S)/gm, '$1');
    expect(Object.keys(parse(uncommented) as object).length).toBeGreaterThan(12);
    expect({ valid: valid(uncommented), errors: accepts.errors }).toMatchObject({ valid: true });
  });
});
