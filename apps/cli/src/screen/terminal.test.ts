import { TestTerminal } from '../testing/terminal';
import { type Line, Terminal, cut, flow, plain, width } from './terminal';

describe('text for a terminal', () => {
  it('is cut by the columns that it takes, not by its characters', () => {
    expect(cut('contract_data', 8)).toBe('contrac…');
    expect(cut('账本数据表', 7)).toBe('账本数…');
    expect(width(cut('👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 5))).toBeLessThanOrEqual(5);
    expect(cut('short', 5)).toBe('short');
  });

  it('flows into as few lines as have room', () => {
    expect(flow(['a b', 'c', 'd e f g h i'], ' · ', 8)).toEqual(['a b · c', 'd e f g…']);
  });

  it('cannot move the cursor or colour the screen', () => {
    expect(plain('bad\x1b[2J\x1b]0;title\x07\r\nvalue\u009b31m')).toBe('bad [2J ]0;title value 31m');
  });
});

describe('lines that are drawn in place', () => {
  const show = (screen: TestTerminal, lines: () => readonly Line[]): Terminal =>
    new Terminal(screen.stream, lines);

  it('stay at the bottom, below what is printed; nothing of them is left at the end', async () => {
    const screen = new TestTerminal(30, 10);
    let count = 0;
    screen.stream.write('$ parquetry backfill\n');
    const terminal = show(screen, () => [{ text: `done ${count}` }, { text: 'two' }]);
    for (count = 1; count <= 3; count += 1) terminal.draw();
    terminal.print({ text: 'parked: ledgers 10-19' });
    screen.stream.write('a warning of a library\n');
    screen.stream.write('and one without an end of line');
    expect(await screen.lines()).toEqual([
      '$ parquetry backfill',
      'parked: ledgers 10-19',
      'a warning of a library',
      'and one without an end of line',
      'done 4',
      'two',
    ]);
    terminal.end();
    screen.stream.write('The end.\n');
    expect((await screen.lines()).slice(4)).toEqual(['The end.']);
    expect(screen.raw.endsWith('\x1b[?25hThe end.\n')).toBe(true);
  });

  it('shrink and grow', async () => {
    const screen = new TestTerminal(30, 10);
    let names = ['a', 'b', 'c', 'd'];
    const terminal = show(screen, () => names.map((text) => ({ text })));
    terminal.draw();
    names = ['a'];
    terminal.draw();
    expect(await screen.lines()).toEqual(['a']);
    names = ['x', 'y', 'z'];
    terminal.draw();
    expect(await screen.lines()).toEqual(['x', 'y', 'z']);
  });

  it('leave nothing behind when the terminal becomes narrower, wider, lower and higher', async () => {
    const screen = new TestTerminal(60, 12);
    const terminal = new Terminal(screen.stream, (columns, rows) =>
      ['=', '-', '+'].slice(0, rows).map((sign) => ({ text: sign.repeat(columns) })),
    );
    screen.stream.write('before\n');
    terminal.draw();
    for (const [columns, rows] of [
      [25, 12],
      [24, 12],
      [60, 12],
      [13, 20],
      [84, 20],
      [40, 14],
    ] as const) {
      await screen.resize(columns, rows);
      terminal.draw();
      expect(await screen.lines()).toEqual([
        'before',
        ...['=', '-', '+'].map((sign) => sign.repeat(columns)),
      ]);
    }
  });

  it('leave nothing on a screen that became too small for the wrapped lines', async () => {
    const screen = new TestTerminal(60, 12);
    const terminal = show(screen, () =>
      ['=', '-'].map((sign) => ({ text: sign.repeat(screen.stream.columns) })),
    );
    terminal.draw();
    await screen.resize(10, 5);
    expect(await screen.screen()).toEqual(['=', '-'].map((sign) => sign.repeat(10)));
    terminal.end();
  });

  it('are never higher than the terminal', async () => {
    const screen = new TestTerminal(20, 5);
    const terminal = show(screen, () => Array.from({ length: 9 }, (_, index) => ({ text: `line ${index}` })));
    for (let i = 0; i < 3; i += 1) terminal.draw();
    expect(await screen.lines()).toEqual(['line 0', 'line 1', 'line 2', 'line 3']);
  });

  it('have colours only where the terminal has them', () => {
    for (const colours of [true, false]) {
      const screen = new TestTerminal(20, 5, colours);
      show(screen, () => [{ text: 'x', colour: 'green' }]).draw();
      expect(screen.raw.includes('\x1b[32mx\x1b[0m')).toBe(colours);
    }
  });
});
