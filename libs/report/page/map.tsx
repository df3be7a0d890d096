import type { LedgerRange } from '@parquetry/core';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type DatasetData, type LedgerState, type ReportData, STATES } from '../src/data';
import { type Span, decodeRuns } from '../src/spans';
import { shareOf } from '../src/share';
import { LABELS, closeTime, count, ledgers, time } from './format';
import { paint } from './paint';
import { Disclosure, Section, Table } from './parts';

/** Rows of the table that lists states. */
const MAX_ROWS = 500;

/** A dataset with its decoded map. */
interface Row {
  readonly dataset: DatasetData;
  readonly spans: readonly Span[];
}

/** What the pointer is at. */
interface Pointed {
  readonly dataset: string;
  readonly ledger: number;
  readonly span: Span | undefined;
}

/** The map of all ledgers: a strip per dataset, with zoom. */
export function CoverageMap({ data, theme }: { readonly data: ReportData; readonly theme: string }) {
  const { range } = data;
  const rows = useMemo(
    () =>
      data.datasets.map((dataset): Row => ({ dataset, spans: decodeRuns(dataset.runs, range?.start ?? 1) })),
    [data.datasets],
  );
  if (range === undefined)
    return (
      <Section id="coverage" title="Coverage">
        <p>The archive has no ledgers yet.</p>
      </Section>
    );
  return <ZoomMap data={data} range={range} rows={rows} theme={theme} />;
}

function ZoomMap(props: {
  readonly data: ReportData;
  readonly range: LedgerRange;
  readonly rows: readonly Row[];
  readonly theme: string;
}) {
  const { data, range, rows } = props;
  const [zoom, setZoom] = useState<LedgerRange | undefined>(undefined);
  const [pointed, setPointed] = useState<Pointed | undefined>(undefined);
  const [drag, setDrag] = useState<readonly [number, number] | undefined>(undefined);
  const width = useWidth();
  const view = clip(zoom ?? range, range);
  const show = (start: number, length: number): void => setZoom(viewOf(range, start, length));
  const length = view.end - view.start + 1;
  const middle = view.start + length / 2;
  const move: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => show(view.start - length / 4, length),
    ArrowRight: () => show(view.start + length / 4, length),
    '+': () => show(middle - length / 4, length / 2),
    '=': () => show(middle - length / 4, length / 2),
    '-': () => show(middle - length, length * 2),
    '0': () => setZoom(undefined),
    Home: () => show(range.start, length),
    End: () => show(range.end - length + 1, length),
  };
  const ledgerAt = (event: PointerEvent): number => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const at = Math.min(0.999999, Math.max(0, (event.clientX - box.left) / box.width));
    return view.start + Math.floor(at * length);
  };
  const point = (row: Row, ledger: number): void =>
    setPointed({
      dataset: row.dataset.name,
      ledger,
      span: row.spans.find(({ start, end }) => start <= ledger && ledger <= end),
    });
  const release = (): void => {
    if (drag !== undefined) {
      const [from, to] = [Math.min(...drag), Math.max(...drag)];
      if (to - from >= Math.max(1, length / 200)) setZoom({ start: from, end: to });
    }
    setDrag(undefined);
  };
  const used = STATES.filter(
    (state) => state !== 'none' && rows.some(({ dataset }) => dataset.ledgers[state] > 0),
  );
  return (
    <Section
      id="coverage"
      title="Coverage"
      note={`Ledgers ${ledgers(range)}. Drag over a strip to zoom, or use the buttons.`}
      aside={
        <div class="tools" role="group" aria-label="Zoom of the map">
          <button
            type="button"
            onClick={move['ArrowLeft']}
            aria-label="Move left"
            disabled={view.start === range.start}
          >
            ←
          </button>
          <button
            type="button"
            onClick={move['-']}
            aria-label="Zoom out"
            disabled={length > range.end - range.start}
          >
            −
          </button>
          <button type="button" onClick={move['+']} aria-label="Zoom in" disabled={length <= 1}>
            +
          </button>
          <button
            type="button"
            onClick={move['ArrowRight']}
            aria-label="Move right"
            disabled={view.end === range.end}
          >
            →
          </button>
          <button type="button" onClick={move['0']} disabled={zoom === undefined}>
            All
          </button>
        </div>
      }
    >
      <ul class="legend" aria-label="Legend">
        {used.map((state) => (
          <li key={state}>
            <Swatch state={state} theme={props.theme} />
            {LABELS[state]}
          </li>
        ))}
      </ul>
      <div
        class="map"
        role="group"
        tabIndex={0}
        aria-label={`Map of ledgers ${ledgers(view)}. Arrow keys move, plus and minus zoom, 0 shows all.`}
        onKeyDown={(event) => {
          const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : move[event.key];
          if (act === undefined) return;
          event.preventDefault();
          act();
        }}
      >
        <Overview
          rows={rows}
          range={range}
          view={view}
          width={width}
          theme={props.theme}
          onMove={(ledger) => show(ledger - length / 2, length)}
        />
        {rows.map((row) => (
          <div class="map-row" key={row.dataset.name}>
            <div class="map-name" title={row.dataset.name}>
              {row.dataset.name}
            </div>
            <div
              class="strip"
              onPointerDown={(event) => {
                if (event.button !== 0) return;
                if (event.pointerType === 'mouse') event.currentTarget.setPointerCapture(event.pointerId);
                const ledger = ledgerAt(event);
                point(row, ledger);
                if (event.pointerType === 'mouse') setDrag([ledger, ledger]);
              }}
              onPointerMove={(event) => {
                const ledger = ledgerAt(event);
                point(row, ledger);
                if (drag !== undefined) setDrag([drag[0], ledger]);
              }}
              onPointerUp={release}
              onPointerCancel={() => setDrag(undefined)}
              onDblClick={() => setZoom(undefined)}
            >
              <Strip row={row} view={view} width={width} theme={props.theme} />
              {drag === undefined ? null : <Selection from={drag[0]} to={drag[1]} view={view} />}
            </div>
            <div class="map-share">{shareOf(row.dataset)}</div>
          </div>
        ))}
        <Scale data={data} view={view} />
      </div>
      <Readout pointed={pointed} data={data} />
      <Disclosure title="The map as a table">{() => <StateTable rows={rows} view={view} />}</Disclosure>
    </Section>
  );
}

/** A strip of the whole range, of all datasets together, with the shown part marked. */
function Overview(props: {
  readonly rows: readonly Row[];
  readonly range: LedgerRange;
  readonly view: LedgerRange;
  readonly width: number;
  readonly theme: string;
  readonly onMove: (ledger: number) => void;
}) {
  const { range, view, rows } = props;
  const length = range.end - range.start + 1;
  if (view.end - view.start + 1 === length) return null;
  const at = (ledger: number): number => (100 * (ledger - range.start)) / length;
  return (
    <div class="map-row overview">
      <div class="map-name">whole range</div>
      <div
        class="strip"
        onPointerDown={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          props.onMove(range.start + ((event.clientX - box.left) / box.width) * length);
        }}
      >
        {rows.slice(0, 8).map((row) => (
          <Strip key={row.dataset.name} row={row} view={range} width={props.width} theme={props.theme} />
        ))}
        <div
          class="window"
          style={{
            left: `${at(view.start)}%`,
            width: `${Math.max(0.3, at(view.end + 1) - at(view.start))}%`,
          }}
        />
      </div>
      <div class="map-share" />
    </div>
  );
}

function Strip(props: {
  readonly row: Row;
  readonly view: LedgerRange;
  readonly width: number;
  readonly theme: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { row, view } = props;
  const { name, ledgers: states, wanted } = row.dataset;
  useEffect(() => {
    if (canvas.current !== null) paint(canvas.current, row.spans, view);
  }, [row, view.start, view.end, props.width, props.theme]);
  const missing = STATES.filter((state) => states[state] > 0 && state !== 'none')
    .map((state) => `${count(states[state])} ${LABELS[state]}`)
    .join(', ');
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={`${name}: ${shareOf(row.dataset)} of ${count(wanted)} ledgers; ${missing}.`}
    />
  );
}

function Selection({
  from,
  to,
  view,
}: {
  readonly from: number;
  readonly to: number;
  readonly view: LedgerRange;
}) {
  const length = view.end - view.start + 1;
  const left = (100 * (Math.min(from, to) - view.start)) / length;
  const width = (100 * (Math.abs(to - from) + 1)) / length;
  return <div class="window" style={{ left: `${left}%`, width: `${width}%` }} />;
}

function Scale({ data, view }: { readonly data: ReportData; readonly view: LedgerRange }) {
  const ends = [view.start, view.end].map((ledger) => {
    const at = closeTime(data, ledger);
    return (
      <span key={ledger}>
        {count(ledger)}
        {at === undefined ? null : <small>{time(at)}</small>}
      </span>
    );
  });
  return (
    <div class="map-row scale">
      <div class="map-name" />
      <div class="ends">{ends}</div>
      <div class="map-share" />
    </div>
  );
}

function Readout({ pointed, data }: { readonly pointed: Pointed | undefined; readonly data: ReportData }) {
  if (pointed === undefined) return <p class="readout">Point at a strip to see its ledgers.</p>;
  const { dataset, ledger, span } = pointed;
  const at = closeTime(data, ledger);
  return (
    <p class="readout">
      <b>{dataset}</b> · ledger {count(ledger)}
      {at === undefined ? '' : ` · about ${time(at)}`} ·{' '}
      {span === undefined ? LABELS.none : `${LABELS[span.state]} (${ledgers(span)})`}
    </p>
  );
}

function Swatch({ state, theme }: { readonly state: LedgerState; readonly theme: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null) paint(canvas.current, [{ start: 1, end: 1, state }], { start: 1, end: 1 });
  }, [state, theme]);
  return <canvas ref={canvas} class="swatch" aria-hidden="true" />;
}

/** The same as text: what is not simply committed first. */
function StateTable({ rows, view }: { readonly rows: readonly Row[]; readonly view: LedgerRange }) {
  const all = rows.flatMap(({ dataset, spans }) =>
    spans
      .filter(({ start, end }) => end >= view.start && start <= view.end)
      .map((span) => ({ dataset, span })),
  );
  const weight = (state: LedgerState): number => STATES.indexOf(state);
  const sorted = [...all].sort(
    (a, b) => weight(b.span.state) - weight(a.span.state) || a.span.start - b.span.start,
  );
  return (
    <>
      <Table
        label="States of ledgers"
        head={['Dataset', 'State', 'Ledgers', 'Count']}
        numbers={[3]}
        rows={sorted
          .slice(0, MAX_ROWS)
          .map(({ dataset, span }) => [
            dataset.name,
            LABELS[span.state],
            ledgers(span),
            count(span.end - span.start + 1),
          ])}
      />
      {sorted.length > MAX_ROWS ? (
        <p class="note">{count(sorted.length - MAX_ROWS)} more: zoom in to list fewer ledgers.</p>
      ) : null}
    </>
  );
}

/** The window's width: canvases are drawn again when it changes. */
function useWidth(): number {
  const [width, setWidth] = useState(window.innerWidth);
  useEffect(() => {
    const changed = (): void => setWidth(window.innerWidth);
    addEventListener('resize', changed);
    return () => removeEventListener('resize', changed);
  }, []);
  return width;
}

function viewOf(range: LedgerRange, start: number, length: number): LedgerRange | undefined {
  const all = range.end - range.start + 1;
  const size = Math.min(all, Math.max(1, Math.round(length)));
  if (size === all) return undefined;
  const first = Math.min(Math.max(range.start, Math.round(start)), range.end - size + 1);
  return { start: first, end: first + size - 1 };
}

function clip(view: LedgerRange, range: LedgerRange): LedgerRange {
  const start = Math.min(Math.max(view.start, range.start), range.end);
  return { start, end: Math.max(start, Math.min(view.end, range.end)) };
}
