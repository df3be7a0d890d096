import { openLog } from './log';

describe('openLog', () => {
  const lines: string[] = [];
  const redact = (text: string): string => text.replaceAll('hunter2', '***');
  beforeEach(() => void (lines.length = 0));
  const write = (line: string): void => void lines.push(line);

  it('writes one JSON object a line, without fields that are absent', () => {
    const log = openLog('json', 'info', redact, write);
    log('warn', 'step failed\nwill be retried', {
      step: 'pull',
      ms: 12,
      trace: undefined,
      error: 'a "b"\nc',
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      level: 'warn',
      message: 'step failed\nwill be retried',
      step: 'pull',
      ms: 12,
      error: 'a "b"\nc',
    });
  });

  it('writes a line for people', () => {
    const log = openLog('text', 'info', redact, write);
    log('error', 'step failed', { step: 'pull', error: 'a "b"\nc', ledgers: '1-9' });
    expect(lines[0]).toMatch(/^\S+Z error step failed step=pull error="a \\"b\\"\\nc" ledgers=1-9\n$/);
  });

  it.each([
    ['error', ['error']],
    ['warn', ['error', 'warn']],
    ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
  ] as const)('at level %s writes %j', (level, expected) => {
    const log = openLog('json', level, redact, write);
    for (const each of ['error', 'warn', 'info', 'debug'] as const) log(each, 'x');
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(expected);
  });

  it.each(['json', 'text'] as const)('redacts messages and every field (%s)', (format) => {
    openLog(format, 'info', redact, write)('info', 'hunter2', { error: 'x hunter2 y', archive: 'hunter2' });
    expect(lines[0]).not.toContain('hunter2');
    expect(lines[0]?.match(/\*\*\*/g)).toHaveLength(3);
  });
});
