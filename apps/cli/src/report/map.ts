import { formatRange } from '@parquetry/core';
import {
  type Cell,
  type LedgerState,
  type ReportData,
  cellsOf,
  decodeRuns,
  shareOf,
} from '@parquetry/report';
import { formatCount } from '../output';

/** How a state is drawn: a character for cells that have it completely, one for the others, a colour, a label. */
interface Look {
  readonly whole: string;
  readonly part: string;
  /** Number of the colour in a terminal with 256. */
  readonly colour: number;
  readonly label: string;
}

/** Characters differ in every state, so that the map is readable without colours. */
const LOOKS: Readonly<Record<LedgerState, Look>> = {
  none: { whole: ' ', part: ' ', colour: 0, label: 'not requested' },
  committed: { whole: '█', part: '█', colour: 32, label: 'committed' },
  tail: { whole: '▓', part: '▓', colour: 38, label: 'committed by a tail' },
  compacted: { whole: '■', part: '■', colour: 25, label: 'compacted' },
  rejected: { whole: 'x', part: 'x', colour: 176, label: 'committed, with rejects' },
  gap: { whole: '·', part: '░', colour: 208, label: 'gap' },
  waiting: { whole: '-', part: '-', colour: 245, label: 'waiting for its run' },
  running: { whole: '>', part: '>', colour: 220, label: 'running' },
  parked: { whole: 'P', part: 'P', colour: 196, label: 'parked' },
};

/** Columns for names of datasets, and the fewest for the map. */
const MAX_NAME = 28;
const MIN_MAP = 10;

/** The map of an archive as lines: a scale, a line per dataset, a legend. No line is wider than `width`. */
export function mapLines(data: ReportData, width: number, colours: boolean): string[] {
  const { range, datasets } = data;
  if (range === undefined) return ['The archive has no ledgers yet.'];
  const shares = datasets.map(shareOf);
  const shareWidth = Math.max(0, ...shares.map(({ length }) => length));
  const longest = Math.max(0, ...datasets.map(({ name }) => name.length));
  const nameWidth = Math.min(longest, MAX_NAME, Math.max(4, width - shareWidth - MIN_MAP - 4));
  const mapWidth = Math.max(MIN_MAP, width - nameWidth - shareWidth - 4);
  const cells = datasets.map(({ runs }) =>
    stretched(cellsOf(decodeRuns(runs, range.start), range, mapWidth), mapWidth),
  );
  const used = new Set(cells.flat().map(lookKey));
  return [
    `${' '.repeat(nameWidth + 1)}${scale(data, mapWidth)}`,
    ...datasets.map(({ name }, index) => {
      const row = (cells[index] ?? []).map((cell) => drawn(cell, colours)).join('');
      return `${shortened(name, nameWidth).padEnd(nameWidth)} ${colours ? joined(row) : row}  ${(shares[index] ?? '').padStart(shareWidth)}`;
    }),
    ...legend(used, width, colours),
  ];
}

/** A range with fewer ledgers than columns gets several columns per ledger. */
function stretched(cells: readonly Cell[], width: number): Cell[] {
  if (cells.length === 0) return [];
  return Array.from(
    { length: width },
    (_, column) => cells[Math.floor((column * cells.length) / width)] as Cell,
  );
}

function scale({ range, clock }: ReportData, width: number): string {
  if (range === undefined) return '';
  const [first, last] = [formatCount(range.start), formatCount(range.end)];
  const days = [clock[0], clock.at(-1)].map((point) =>
    point === undefined ? '' : ` ${new Date(point[1] * 1000).toISOString().slice(0, 10)}`,
  );
  for (const [from, to] of [
    [`${first}${days[0]}`, `${last}${days[1]}`],
    [first, last],
  ] as const) {
    const space = width - from.length - to.length;
    if (space >= 1) return `${from}${' '.repeat(space)}${to}`;
  }
  return first.slice(0, width);
}

function lookKey({ state, whole }: Cell): string {
  return `${state} ${String(whole || LOOKS[state].whole === LOOKS[state].part)}`;
}

function legend(used: ReadonlySet<string>, width: number, colours: boolean): string[] {
  const entries = (Object.keys(LOOKS) as LedgerState[]).flatMap((state) => {
    const { whole, part, label } = LOOKS[state];
    if (state === 'none') return [];
    return [
      ...(used.has(`${state} true`) ? [{ text: `${whole} ${label}`, state, whole: true }] : []),
      ...(used.has(`${state} false`)
        ? [{ text: `${part} some ledgers are a ${label}`, state, whole: false }]
        : []),
    ];
  });
  const lines: string[] = [];
  let line = '';
  let length = 0;
  for (const { text, state, whole } of entries) {
    if (length > 0 && length + 3 + text.length > width) {
      lines.push(line);
      [line, length] = ['', 0];
    }
    const shown = `${joined(drawn({ state, whole }, colours))}${text.slice(1)}`;
    line += length === 0 ? shown : `   ${shown}`;
    length += text.length + (length === 0 ? 0 : 3);
  }
  return length === 0 ? lines : [...lines, line];
}

function drawn({ state, whole }: Cell, colours: boolean): string {
  const look = LOOKS[state];
  const text = whole ? look.whole : look.part;
  return colours && state !== 'none' ? `\u001b[38;5;${look.colour}m${text}\u001b[39m` : text;
}

/** Leaves out colour changes between cells of the same colour. */
function joined(row: string): string {
  let colour = '';
  return row.replaceAll(
    /\u001b\[39m\u001b\[38;5;(\d+)m|\u001b\[38;5;(\d+)m/g,
    (change, next, first: string) => {
      const now = String(next ?? first);
      const same = now === colour && next !== undefined;
      colour = now;
      return same ? '' : change;
    },
  );
}

function shortened(name: string, width: number): string {
  return name.length <= width ? name : `${name.slice(0, width - 1)}…`;
}

/** What is left to do, as lines: each with its command. */
export function workLines({ work, moreWork }: ReportData, most: number): string[] {
  const lines = work
    .slice(0, most)
    .flatMap(({ kind, range, datasets, command, note }) => [
      `${kind === 'gap' ? 'Gap' : 'Parked'}: ledgers ${formatRange(range)} of ${datasets.join(', ')}${note === undefined ? '' : `. ${note}`}`,
      `  ${command}`,
    ]);
  const more = Math.max(0, work.length - most) + moreWork;
  return more === 0 ? lines : [...lines, `${formatCount(more)} more are not listed.`];
}
