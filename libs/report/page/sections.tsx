import type { PartitionData, ReportData, RunData, SchemaData, TemporalData } from '../src/data';
import { shareOf } from '../src/share';
import { bytes, count, duration, ledgers, plural, time } from './format';
import type { Actions } from './live';
import { Command, Section, Table } from './parts';

/** Address of a workflow in the Temporal UI; only http and https addresses become links. */
function Workflow({ temporal, id }: { readonly temporal: TemporalData; readonly id: string }) {
  const { uiUrl, namespace } = temporal;
  if (uiUrl === undefined || !/^https?:\/\//.test(uiUrl)) return <code>{id}</code>;
  const base = `${uiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
  return (
    <a href={`${base}/${encodeURIComponent(id)}`} target="_blank" rel="noreferrer">
      {id}
    </a>
  );
}

/** Gaps and parked partitions, each with its command. */
export function Work({
  data,
  actions,
}: {
  readonly data: ReportData;
  readonly actions: Actions | undefined;
}) {
  const { work, moreWork, temporal } = data;
  if (work.length === 0)
    return (
      <Section id="work" title="What is left to do">
        <p class="good">Nothing: there are no gaps and no parked partitions.</p>
      </Section>
    );
  return (
    <Section
      id="work"
      title="What is left to do"
      note="Run a command in a terminal with access to the archive and the source."
    >
      <ul class="work">
        {work.map((item) => (
          <li
            key={`${item.kind} ${item.range.start} ${item.range.end} ${item.datasets.join()}`}
            class={item.kind}
          >
            <div class="work-head">
              <span class={`badge ${item.kind}`}>{item.kind === 'gap' ? 'Gap' : 'Parked'}</span>
              <b>Ledgers {ledgers(item.range)}</b>
              <span class="muted">
                {plural(item.range.end - item.range.start + 1, 'ledger')} of {item.datasets.join(', ')}
              </span>
              {item.workflow === undefined || 'unavailable' in temporal ? null : (
                <Workflow temporal={temporal} id={item.workflow} />
              )}
            </div>
            {item.note === undefined ? null : <p class="reason">{item.note}</p>}
            <div class="work-do">
              <Command text={item.command} />
              {actions === undefined || item.workflow === undefined ? null : (
                <button type="button" class="act" onClick={() => actions.ask('retry', item.workflow ?? '')}>
                  Retry now
                </button>
              )}
            </div>
          </li>
        ))}
      </ul>
      {moreWork > 0 ? (
        <p class="note">{count(moreWork)} more are not listed. `parquetry audit` reports all of them.</p>
      ) : null}
    </Section>
  );
}

/** The datasets with their sums and proofs. */
export function Datasets({ data }: { readonly data: ReportData }) {
  return (
    <Section id="datasets" title="Datasets and proofs">
      <Table
        label="Datasets"
        head={['Dataset', 'Committed', 'Rows', 'Size', 'Files', 'Segments', 'Schema', 'Proof', 'Log version']}
        numbers={[1, 2, 3, 4, 5, 8]}
        rows={data.datasets.map((dataset) => [
          dataset.name,
          shareOf(dataset),
          count(dataset.rows),
          bytes(dataset.bytes),
          count(dataset.files),
          count(dataset.segments),
          dataset.schemas.length === 0 ? '–' : `v${dataset.schemas.at(-1)?.version ?? 1}`,
          PROOFS[dataset.proof.kind],
          count(dataset.version),
        ])}
      />
      <p class="note">
        Chain: every pull checked header hashes, the ledger chain and the transaction results. Declared: the
        source names its ledgers, and nothing proves that it has all of them.
      </p>
      {data.datasets.map(({ name, proof }) =>
        proof.breaks.length + proof.unrecorded === 0 ? null : (
          <p class="reason" key={name}>
            {[
              ...proof.breaks,
              ...(proof.unrecorded === 0
                ? []
                : [
                    `${plural(proof.unrecorded, 'segment')} of ${name}: the record of what was verified is missing.`,
                  ]),
            ].join(' ')}
          </p>
        ),
      )}
    </Section>
  );
}

const PROOFS = { chain: 'chain', declared: 'declared', mixed: 'chain and declared', none: '–' } as const;

/** The schema versions of each dataset, with what changed. */
export function Schemas({ data }: { readonly data: ReportData }) {
  const known = data.datasets.filter(({ schemas }) => schemas.length > 0);
  const changed = known.filter(({ schemas }) => schemas.length > 1);
  const rest = known.filter(({ schemas }) => schemas.length === 1);
  return (
    <Section id="schemas" title="Schemas">
      {changed.map(({ name, schemas }) => (
        <div class="schema" key={name}>
          <h3>{name}</h3>
          <ol class="timeline">
            {[...schemas].reverse().map((version) => (
              <Version key={version.version} version={version} />
            ))}
          </ol>
        </div>
      ))}
      {rest.length === 0 ? null : (
        <p>
          {changed.length === 0 ? '' : 'Unchanged since version 1: '}
          {rest
            .map(({ name, schemas }) => `${name} (${plural(schemas[0]?.columns ?? 0, 'column')})`)
            .join(', ')}
          .
        </p>
      )}
      {known.length === 0 ? <p>No schema is registered.</p> : null}
    </Section>
  );
}

function Version({ version }: { readonly version: SchemaData }) {
  const { changes, moreChanges, range, since } = version;
  return (
    <li>
      <b>v{version.version}</b>{' '}
      <span class="muted">
        {plural(version.columns, 'column')}
        {range === undefined ? ' · no live segment has it' : ` · ledgers ${ledgers(range)}`}
        {since === undefined ? '' : ` · since ${time(since)}`}
      </span>
      {changes.length === 0 ? null : (
        <ul class="diff">
          {changes.map((change) => (
            <li key={change} class={DIFF[change[0] ?? ''] ?? ''}>
              <code>{change}</code>
            </li>
          ))}
          {moreChanges > 0 ? <li>{plural(moreChanges, 'more change')}</li> : null}
        </ul>
      )}
    </li>
  );
}

const DIFF: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '~': 'changed' };

/** Rejects by reason. */
export function Rejects({ data }: { readonly data: ReportData }) {
  const { total, unread, unreadFiles, reasons } = data.rejects;
  return (
    <Section id="rejects" title="Rejects by reason">
      {total === 0 && unreadFiles === 0 ? (
        <p class="good">None: every message is in the archive.</p>
      ) : (
        <Table
          label="Rejects"
          head={['Dataset', 'Reason', 'Messages', 'Example']}
          numbers={[2]}
          rows={reasons.map(({ dataset, code, count: messages, example }) => [
            dataset,
            <code key="code">{code}</code>,
            count(messages),
            <span class="example" key="example">
              {example}
            </span>,
          ])}
        />
      )}
      {unreadFiles > 0 ? (
        <p class="note">
          {plural(unreadFiles, 'file')} with {unread > 0 ? `at least ${count(unread)}` : 'more'} rejects not
          read: too many or too large.
        </p>
      ) : null}
    </Section>
  );
}

/** Runs and partitions, from Temporal. */
export function Temporal({
  data,
  actions,
}: {
  readonly data: ReportData;
  readonly actions: Actions | undefined;
}) {
  const { temporal } = data;
  if ('unavailable' in temporal)
    return (
      <Section id="runs" title="Runs and partitions">
        <p class="notice">
          Not shown, because Temporal was not reached. Running and parked partitions are therefore shown as
          gaps. {temporal.unavailable}
        </p>
      </Section>
    );
  const { runs, moreRuns, slowest, retried, compared, active } = temporal;
  const running = active.filter(({ state }) => state === 'running');
  const table = (title: string, list: readonly PartitionData[]) => (
    <>
      <h3>{title}</h3>
      {list.length === 0 ? (
        <p class="muted">None.</p>
      ) : (
        <Partitions label={title} list={list} temporal={temporal} />
      )}
    </>
  );
  return (
    <Section
      id="runs"
      title="Runs and partitions"
      note={`From Temporal at ${temporal.address}, namespace ${temporal.namespace}.`}
    >
      {runs.length === 0 ? (
        <p>Temporal has no run of this archive.</p>
      ) : (
        <Table
          label="Runs"
          head={[
            'Run',
            'State',
            'Ledgers',
            'Started',
            'Time',
            'Parked',
            ...(actions === undefined ? [] : ['']),
          ]}
          numbers={[4, 5]}
          rows={runs.map((run) => [
            <Workflow key="run" temporal={temporal} id={run.id} />,
            run.state,
            run.range === undefined ? '–' : ledgers(run.range),
            time(run.started),
            duration(run.seconds),
            run.parked === 0 ? '–' : count(run.parked),
            ...(actions === undefined ? [] : [<RunActions key="act" run={run} actions={actions} />]),
          ])}
        />
      )}
      {moreRuns ? <p class="note">Older runs are not listed.</p> : null}
      {running.length === 0 ? null : table('Running partitions', running.slice(0, 20))}
      {table('Slowest partitions', slowest)}
      {compared === 0 ? null : (
        <p class="note">Of the {count(compared)} newest finished partitions of these runs.</p>
      )}
      {table('Most retried partitions', retried)}
      <p class="note">
        Retries are counted for the partitions in these lists and for the running and parked ones.
      </p>
    </Section>
  );
}

function RunActions({ run, actions }: { readonly run: RunData; readonly actions: Actions }) {
  if (run.state !== 'running' || !['backfill', 'tail'].includes(run.type)) return null;
  return (
    <span class="tools">
      {(['pause', 'resume', 'retry'] as const).map((what) => (
        <button
          type="button"
          key={what}
          onClick={() => actions.ask(what, run.id)}
          aria-label={`${what} ${run.id}`}
        >
          {{ pause: 'Pause', resume: 'Resume', retry: 'Retry parked' }[what]}
        </button>
      ))}
    </span>
  );
}

function Partitions(props: {
  readonly label: string;
  readonly list: readonly PartitionData[];
  readonly temporal: TemporalData;
}) {
  return (
    <Table
      label={props.label}
      head={['Partition', 'State', 'Ledgers', 'Time', 'Retries', 'Last failure']}
      numbers={[3, 4]}
      rows={props.list.map(({ id, state, range, seconds, retries, reason }) => [
        <Workflow key="id" temporal={props.temporal} id={id} />,
        state,
        ledgers(range),
        duration(seconds),
        retries === undefined ? '–' : count(retries),
        <span class="example" key="reason">
          {reason ?? '–'}
        </span>,
      ])}
    />
  );
}

/** The notices that a list is not complete. */
export function Omitted({ data }: { readonly data: ReportData }) {
  const coarse = data.datasets.filter(({ cell }) => cell > 1);
  if (coarse.length === 0 && data.moreDatasets === 0) return null;
  return (
    <p class="notice">
      {data.moreDatasets === 0 ? '' : `${plural(data.moreDatasets, 'more dataset')} not shown. `}
      {coarse.length === 0
        ? ''
        : `The map of ${coarse.map(({ name }) => name).join(', ')} has steps of ${plural(Math.max(...coarse.map(({ cell }) => cell)), 'ledger')}, each drawn as its most important state; a report with --ledgers is finer.`}
    </p>
  );
}
