import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ReportData } from '../src/data';
import { missingOf } from '../src/share';
import { FileSizes, Volume } from './charts';
import { bytes, count, time } from './format';
import type { Actions } from './live';
import { CoverageMap } from './map';
import { Datasets, Omitted, Rejects, Schemas, Temporal, Work } from './sections';
import { ThemeButton, useTheme } from './theme';

/** The whole page of one archive. */
export function Report(props: {
  readonly data: ReportData;
  readonly actions: Actions | undefined;
  readonly status?: ComponentChildren;
}) {
  const { data, actions } = props;
  const { theme, choice, setChoice } = useTheme();
  const [, redraw] = useState(0);
  // Canvases take their colours from the theme, which the document has after this render.
  useEffect(() => redraw((times) => times + 1), [theme]);
  return (
    <>
      <header>
        <div class="brand">
          <h1>Parquetry archive</h1>
          <ThemeButton choice={choice} onChange={setChoice} />
        </div>
        <p class="uri">
          <code>{data.archive.uri}</code>
        </p>
        <p class="muted">
          Network {data.archive.network} · layout {data.archive.layout} ·{' '}
          {props.status ?? `made ${time(data.madeAt)}`}
        </p>
      </header>
      <main>
        <Summary data={data} />
        <Omitted data={data} />
        <CoverageMap data={data} theme={theme} />
        <Work data={data} actions={actions} />
        <div class="columns">
          <Volume data={data} theme={theme} />
          <FileSizes data={data} />
        </div>
        <Datasets data={data} />
        <Schemas data={data} />
        <Temporal data={data} actions={actions} />
        <Rejects data={data} />
      </main>
    </>
  );
}

/** The figures at the top. */
function Summary({ data }: { readonly data: ReportData }) {
  const { datasets, temporal, rejects } = data;
  const sum = (of: (dataset: ReportData['datasets'][number]) => number): number =>
    datasets.reduce((total, dataset) => total + of(dataset), 0);
  const [wanted, missing] = [sum((one) => one.wanted), sum(missingOf)];
  const parked =
    'unavailable' in temporal ? undefined : temporal.active.filter(({ state }) => state === 'parked').length;
  const complete =
    wanted === 0
      ? '–'
      : missing === 0
        ? '100 %'
        : `${Math.min(99.9, Math.floor((1000 * (wanted - missing)) / wanted) / 10).toFixed(1)} %`;
  const tiles: readonly (readonly [string, string, boolean?])[] = [
    ['committed', complete, missing > 0],
    ['ledgers missing', count(missing), missing > 0],
    ['parked partitions', parked === undefined ? 'unknown' : count(parked), (parked ?? 0) > 0],
    ['rejects', count(rejects.total), rejects.total > 0],
    ['datasets', count(datasets.length + data.moreDatasets)],
    ['rows', count(sum(({ rows }) => rows))],
    ['size', bytes(sum(({ bytes: size }) => size))],
    ['files', count(sum(({ files }) => files))],
  ];
  return (
    <dl class="tiles" aria-label="Summary">
      {tiles.map(([name, value, warn]) => (
        <div key={name} class={warn === true ? 'tile warn' : 'tile'}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
