import type { LedgerRange } from '@parquetry/core';
import type { LedgerState } from '../src/data';
import { type Span, cellsOf } from '../src/spans';

/** States that must be visible however few ledgers have them. */
const SHOWN_FIRST: ReadonlySet<LedgerState> = new Set(['rejected', 'running', 'gap', 'parked']);

/** Fewest pixels of such a state, and of a run that gets a pattern. */
const MIN_WIDTH = 2;
const PATTERN_WIDTH = 4;

/** Draws the states of a range as one strip that fills the canvas. */
export function paint(canvas: HTMLCanvasElement, spans: readonly Span[], view: LedgerRange): void {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.clearRect(0, 0, width, height);
  const cells = cellsOf(spans, view, width);
  const runs: { state: LedgerState; from: number; to: number }[] = [];
  for (const [index, { state }] of cells.entries()) {
    const [from, to] = [(index * width) / cells.length, ((index + 1) * width) / cells.length];
    const last = runs.at(-1);
    if (last?.state === state) last.to = to;
    else runs.push({ state, from, to });
  }
  const later = runs.filter(({ state }) => SHOWN_FIRST.has(state));
  for (const { state, from, to } of [...runs.filter(({ state }) => !SHOWN_FIRST.has(state)), ...later]) {
    if (state === 'none') continue;
    const [left, right] = [Math.round(from), Math.round(to)];
    const wide = SHOWN_FIRST.has(state) ? Math.max(right - left, Math.ceil(MIN_WIDTH * ratio)) : right - left;
    const at = Math.min(left, width - wide);
    if (SHOWN_FIRST.has(state) && wide < PATTERN_WIDTH * ratio) {
      // A thin mark has a border, so that it is seen on any colour.
      context.fillStyle = ground();
      context.fillRect(at - ratio, 0, wide + 2 * ratio, height);
    }
    context.fillStyle = fillOf(context, state, wide >= PATTERN_WIDTH * ratio, ratio);
    context.fillRect(at, 0, wide, height);
  }
}

/** The colour of a state, with a pattern where there is room: states differ without colours too. */
function fillOf(
  context: CanvasRenderingContext2D,
  state: LedgerState,
  wide: boolean,
  ratio: number,
): string | CanvasPattern {
  const colour = stateColour(state);
  const angle = PATTERNS[state];
  if (!wide || angle === undefined) return colour;
  return pattern(context, colour, angle, ratio) ?? colour;
}

/** Direction of the stripes of a state. */
const PATTERNS: Partial<Readonly<Record<LedgerState, 'up' | 'down' | 'across' | 'dots'>>> = {
  gap: 'up',
  running: 'down',
  parked: 'across',
  waiting: 'dots',
};

/** The colour of a state in the current theme. */
function stateColour(state: LedgerState): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${state}`).trim();
}

/** The colour behind strips. */
function ground(): string {
  return getComputedStyle(document.documentElement).getPropertyValue('--surface').trim();
}

function pattern(
  context: CanvasRenderingContext2D,
  colour: string,
  kind: 'up' | 'down' | 'across' | 'dots',
  ratio: number,
): CanvasPattern | null {
  const size = Math.round(8 * ratio);
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d');
  if (pen === null) return null;
  pen.fillStyle = kind === 'dots' ? ground() : colour;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = ground();
  pen.fillStyle = colour;
  pen.lineWidth = Math.max(1, size / 4);
  if (kind === 'dots') pen.fillRect(size / 4, size / 4, size / 2, size / 2);
  else if (kind === 'across') {
    pen.lineWidth = Math.max(1, size / 6);
    line(pen, 0, size / 2, size, size / 2);
  } else
    for (const shift of [-size, 0, size])
      if (kind === 'up') line(pen, shift - size, size * 2, shift + size * 2, -size);
      else line(pen, shift - size, -size, shift + size * 2, size * 2);
  return context.createPattern(tile, 'repeat');
}

function line(pen: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}
