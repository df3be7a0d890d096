import type { Span } from './otlp';

const LABELS = 440;
const BARS = 700;
const ROW = 17;
const BREAK = 26;
/** Idle time that is drawn as a break, nanoseconds. */
const IDLE = 300_000_000n;
/** Operations of one step with the same name that are drawn; the others are counted. */
const SAME = 3;

const COLOURS: Readonly<Record<string, string>> = {
  pull: '#2563a8',
  writeParquet: '#b7701a',
  verifyRowCounts: '#2e7d4f',
  commit: '#7a4aa0',
  storage: '#8fa3b5',
  duckdb: '#d9a35c',
  verify: '#7fbf98',
};

interface Line {
  readonly span: Span;
  readonly depth: number;
  /** Operations that are not drawn. */
  readonly more: number;
}

/** Draws traces, one below the other on one time axis, as an SVG. Long idle times are cut out and marked. */
export function drawTraces(
  traces: readonly { readonly title: string; readonly spans: readonly Span[] }[],
): string {
  const axis = timeAxis(traces.flatMap(({ spans }) => spans));
  const parts: string[] = [];
  let y = 44;
  for (const { title, spans } of traces) {
    parts.push(`<text x="12" y="${y}" class="h">${escaped(title)}</text>`);
    y += ROW;
    for (const line of linesOf(spans)) {
      parts.push(drawLine(line, y, axis.at));
      y += ROW;
    }
    y += ROW;
  }
  const width = LABELS + BARS + 96;
  const marks = axis.breaks.map(
    ({ x, seconds }) =>
      `<rect x="${x}" y="28" width="${BREAK}" height="${y - 44}" class="b"/><text x="${x + BREAK / 2}" y="24" class="t">${seconds} s</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="system-ui, sans-serif" font-size="11">
<style>.h{font-weight:600;font-size:12px}.d{fill:#5b6570}.t{fill:#5b6570;text-anchor:middle;font-size:10px}.b{fill:#eef1f4}</style>
<rect width="100%" height="100%" fill="#fff"/>
${marks.join('\n')}
${parts.join('\n')}
</svg>
`;
}

/** Spans in the order of their tree, with few operations of each name. */
function linesOf(spans: readonly Span[]): Line[] {
  const lines: Line[] = [];
  const visit = (span: Span, depth: number, more: number): void => {
    lines.push({ span, depth, more });
    const seen = new Map<string, number>();
    const children = spans
      .filter(({ parentId }) => parentId === span.spanId)
      .sort((a, b) => (a.start < b.start ? -1 : 1));
    for (const child of children) {
      const count = (seen.get(child.name) ?? 0) + 1;
      seen.set(child.name, count);
      const total = children.filter(({ name }) => name === child.name).length;
      if (depth === 0 || count <= SAME)
        visit(child, depth + 1, count === SAME && depth > 0 ? total - SAME : 0);
    }
  };
  for (const span of spans) if (span.parentId === undefined) visit(span, 0, 0);
  return lines;
}

function drawLine({ span, depth, more }: Line, y: number, at: (time: bigint) => number): string {
  const { attributes, name } = span;
  const fact = (key: string): string | undefined => attributes[`parquetry.${key}`];
  const attempt = fact('attempt');
  const notes = [
    depth === 0 ? fact('ledgers') : (fact('dataset') ?? fact('key')?.split('/').at(-1) ?? fact('doing')),
    attempt === undefined || (attempt === '1' && !span.failed) ? undefined : `attempt ${attempt}`,
    attributes['error.type'],
    more > 0 ? `and ${more} more` : undefined,
  ].filter((note) => note !== undefined);
  const kind = name.split(' ', 1)[0] ?? '';
  const colour = span.failed ? '#b3261e' : (COLOURS[name] ?? COLOURS[kind] ?? '#54606c');
  const x = at(span.start);
  const width = Math.max(2, at(span.end) - x);
  const milliseconds = Number((span.end - span.start) / 100_000n) / 10;
  const label = `${escaped(name)} <tspan class="d">${escaped(notes.join(' · ').slice(0, 62))}</tspan>`;
  return `<text x="${14 + depth * 14}" y="${y}">${label}</text><rect x="${x.toFixed(1)}" y="${y - 9}" width="${width.toFixed(1)}" height="11" rx="2" fill="${colour}"/><text x="${(x + width + 4).toFixed(1)}" y="${y}" class="d">${milliseconds} ms</text>`;
}

/** Maps times to places; idle times get a fixed width. */
function timeAxis(spans: readonly Span[]): {
  readonly at: (time: bigint) => number;
  readonly breaks: readonly { readonly x: number; readonly seconds: string }[];
} {
  // A whole execution covers its waits; the steps show when there was work.
  const work = spans
    .filter(({ parentId }) => parentId !== undefined)
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  const busy: { start: bigint; end: bigint }[] = [];
  for (const { start, end } of work) {
    const last = busy.at(-1);
    if (last !== undefined && start - last.end < IDLE) last.end = end > last.end ? end : last.end;
    else busy.push({ start, end });
  }
  const total = busy.reduce((sum, { start, end }) => sum + (end - start), 0n);
  const scale = (BARS - BREAK * (busy.length - 1)) / Number(total);
  let x = LABELS;
  const pieces = busy.map(({ start, end }) => {
    const piece = { start, end, x };
    x += Number(end - start) * scale + BREAK;
    return piece;
  });
  const at = (time: bigint): number => {
    const piece = pieces.findLast(({ start }) => start <= time) ?? pieces[0];
    if (piece === undefined) return LABELS;
    const inside = time < piece.start ? piece.start : time > piece.end ? piece.end : time;
    return piece.x + Number(inside - piece.start) * scale;
  };
  const breaks = pieces.slice(1).map(({ start, x: from }, index) => ({
    x: Math.round(from - BREAK),
    seconds: (Number(start - (pieces[index]?.end ?? start)) / 1e9).toFixed(1),
  }));
  return { at, breaks };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
