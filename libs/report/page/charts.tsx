import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { DatasetData, ReportData } from '../src/data';
import { binary, bytes, count, day, plural } from './format';
import { Choice, Disclosure, Section, Table } from './parts';

type Unit = 'rows' | 'bytes';

const ALL = '';

/** The datasets with a name, or all. */
function chosen({ datasets }: ReportData, name: string): readonly DatasetData[] {
  return name === ALL ? datasets : datasets.filter((dataset) => dataset.name === name);
}

/** Sums of lists of the same length, element by element. */
function sums(lists: readonly (readonly number[])[], length: number): number[] {
  return Array.from({ length }, (_, index) => lists.reduce((sum, list) => sum + (list[index] ?? 0), 0));
}

function DatasetPicker(props: {
  readonly data: ReportData;
  readonly value: string;
  readonly onChange: (name: string) => void;
}) {
  return (
    <label>
      <span class="visually-hidden">Dataset</span>
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        <option value={ALL}>all datasets</option>
        {props.data.datasets.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Rows or bytes per day. */
export function Volume({ data, theme }: { readonly data: ReportData; readonly theme: string }) {
  const [unit, setUnit] = useState<Unit>('rows');
  const [dataset, setDataset] = useState(ALL);
  const { days } = data;
  const lists = chosen(data, dataset).map((one) => (unit === 'rows' ? one.rowsPerDay : one.bytesPerDay));
  const values = sums(lists, days.count);
  const total = values.reduce((sum, value) => sum + value, 0);
  const text = unit === 'rows' ? count : bytes;
  const each = days.step === 1 ? 'day' : `${days.step} days`;
  const names = values.map((_, index) => day(days.first + index * days.step));
  return (
    <Section
      id="volume"
      title={unit === 'rows' ? `Rows per ${each}` : `Bytes per ${each}`}
      note="By UTC day of each file’s last close time."
      aside={
        <div class="tools">
          <Choice
            label="Unit"
            value={unit}
            onChange={setUnit}
            options={[
              { value: 'rows', text: 'Rows' },
              { value: 'bytes', text: 'Bytes' },
            ]}
          />
          <DatasetPicker data={data} value={dataset} onChange={setDataset} />
        </div>
      }
    >
      {days.count === 0 ? (
        <p>No file names a close time.</p>
      ) : (
        <>
          <Bars
            label={`${text(total)} ${unit === 'rows' ? 'rows' : ''} from ${names[0] ?? ''} on; at most ${text(Math.max(...values))} per ${each}.`}
            unit={unit === 'rows' ? 'Rows' : 'Size'}
            first={days.first}
            step={days.step}
            values={values}
            format={text}
            theme={theme}
          />
          <Disclosure title="The chart as a table">
            {() => (
              <Table
                label="Volume"
                head={[days.step === 1 ? 'Day' : 'From', unit === 'rows' ? 'Rows' : 'Bytes']}
                numbers={[1]}
                rows={values.flatMap((value, index) => (value === 0 ? [] : [[names[index], text(value)]]))}
              />
            )}
          </Disclosure>
        </>
      )}
    </Section>
  );
}

/** Bars over time, with the value of the one that the pointer is at. Drag to zoom, double-click to show all. */
function Bars(props: {
  readonly label: string;
  readonly unit: string;
  readonly first: number;
  readonly step: number;
  readonly values: readonly number[];
  readonly format: (value: number) => string;
  readonly theme: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const { first, step, values, format } = props;
  useEffect(() => {
    const parent = box.current;
    if (parent === null) return undefined;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour('--muted'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
      font: '12px system-ui, sans-serif',
    };
    const size = (): { width: number; height: number } => ({ width: parent.clientWidth, height: 220 });
    const seconds = (index: number): number => (first + index * step) * 86_400;
    const bars = uPlot.paths.bars?.({ size: [0.7, 48], align: 1 });
    const span = { min: seconds(0), max: seconds(Math.max(values.length, 7)) };
    const chart = new uPlot(
      {
        ...size(),
        legend: { live: true },
        cursor: { y: false, drag: { x: true, y: false } },
        scales: {
          x: {
            // Days are numbers here: their names are ours.
            time: false,
            // All days, and at least a week; another range is one that a person selected.
            range: (_, low, high) =>
              low === seconds(0) && high === seconds(values.length - 1) ? [span.min, span.max] : [low, high],
          },
          y: { range: (_, _low, high) => [0, Math.max(1, high * 1.08)] },
        },
        axes: [
          {
            ...axis,
            space: 90,
            incrs: [1, 2, 7, 14, 30, 90, 180, 365, 730, 3650].map((days) => days * 86_400),
            values: (_, ticks) => ticks.map((tick) => day(tick / 86_400)),
          },
          { ...axis, size: 72, values: (_, ticks) => ticks.map((tick) => format(tick)) },
        ],
        series: [
          { label: step === 1 ? 'Day' : 'From', value: (_, at) => (at === null ? '–' : day(at / 86_400)) },
          {
            label: props.unit,
            fill: colour('--committed'),
            width: 0,
            points: { show: false },
            value: (_, value) => (value === null ? '–' : format(value)),
            ...(bars === undefined ? {} : { paths: bars }),
          },
        ],
      },
      [values.map((_, index) => seconds(index)), [...values]],
      parent,
    );
    const resized = new ResizeObserver(() => chart.setSize(size()));
    resized.observe(parent);
    return () => {
      resized.disconnect();
      chart.destroy();
    };
  }, [props.theme, first, step, values.join()]);
  return <div class="chart" ref={box} role="img" aria-label={props.label} />;
}

/** The distribution of file sizes, with the size that files should have. */
export function FileSizes({ data }: { readonly data: ReportData }) {
  const [dataset, setDataset] = useState(ALL);
  const { bounds, target } = data.sizes;
  const some = chosen(data, dataset);
  const files = sums(
    some.map(({ filesPerSize }) => filesPerSize),
    bounds.length + 1,
  );
  const sizes = sums(
    some.map(({ bytesPerSize }) => bytesPerSize),
    bounds.length + 1,
  );
  const total = files.reduce((sum, value) => sum + value, 0);
  const most = Math.max(1, ...files);
  const goal = bounds.findIndex((bound) => target <= bound);
  // A file below half of the target could be merged.
  const small = files.slice(0, Math.max(0, goal)).reduce((sum, value) => sum + value, 0);
  const first = files.findIndex((value) => value > 0);
  const last = files.findLastIndex((value) => value > 0);
  const shown = files
    .map((_, index) => index)
    .filter((index) => index === goal || (index >= first && index <= last));
  const name = (index: number): string =>
    index === bounds.length ? `≥ ${binary(bounds.at(-1) ?? 0)}` : `< ${binary(bounds[index] ?? 0)}`;
  return (
    <Section
      id="sizes"
      title="File sizes"
      note={
        total === 0
          ? undefined
          : `${plural(total, 'file')}, ${bytes(sizes.reduce((sum, value) => sum + value, 0) / total)} on average. ${plural(small, 'file')} ${small === 1 ? 'is' : 'are'} below half of the target of ${binary(target)}${small > 1 ? '; parquetry compact merges them.' : '.'}`
      }
      aside={<DatasetPicker data={data} value={dataset} onChange={setDataset} />}
    >
      {total === 0 ? (
        <p>The archive has no files yet.</p>
      ) : (
        <ul class="histogram" aria-label="Files by size">
          {shown.map((index) => (
            <li key={index} class={index === goal ? 'goal' : ''}>
              <span class="bar-name">
                {name(index)}
                {index === goal ? <small> target</small> : null}
              </span>
              <span class="bar-track">
                <span class="bar" style={{ width: `${(100 * (files[index] ?? 0)) / most}%` }} />
              </span>
              <span class="bar-value">
                {files[index] === 0
                  ? '–'
                  : `${plural(files[index] ?? 0, 'file')} · ${bytes(sizes[index] ?? 0)}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
