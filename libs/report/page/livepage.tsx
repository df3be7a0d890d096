import { useState } from 'preact/hooks';
import type { Action } from '../src/serve';
import { time } from './format';
import { type Actions, sendAction, useLive } from './live';
import { Report } from './report';

/** The page that follows its server. */
export function Live() {
  const [archive, setArchive] = useState('');
  const { state, connection } = useLive(archive);
  const [asked, setAsked] = useState<{ readonly action: Action; readonly workflow: string } | undefined>(
    undefined,
  );
  const actions: Actions | undefined =
    state?.actions === true ? { ask: (action, workflow) => setAsked({ action, workflow }) } : undefined;
  const lost =
    connection === 'lost' ? 'The connection is lost; the page connects again by itself.' : undefined;
  const picker =
    state === undefined || state.archives.length < 2 ? null : (
      <label class="picker">
        Archive{' '}
        <select value={state.shown} onChange={(event) => setArchive(event.currentTarget.value)}>
          {state.archives.map((uri) => (
            <option key={uri} value={uri}>
              {uri}
            </option>
          ))}
        </select>
      </label>
    );
  if (state?.data === undefined)
    return (
      <main>
        <h1>Parquetry archive</h1>
        {picker}
        <p class="notice" role="status">
          {lost ?? state?.problem ?? 'Reading the archive…'}
        </p>
      </main>
    );
  return (
    <>
      {picker}
      <Report
        data={state.data}
        actions={actions}
        status={
          <span role="status" class={lost === undefined ? 'live' : 'lost'}>
            {lost ?? `live, as of ${time(state.data.madeAt)}`}
          </span>
        }
      />
      {asked === undefined ? null : <Confirm {...asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}

const WHAT: Readonly<Record<Action, string>> = {
  retry: 'Run what is parked again',
  pause: 'Start no more partitions',
  resume: 'Start partitions again',
};

/** Asks for the token and sends the action. The token stays in this page and is forgotten with it. */
function Confirm(props: {
  readonly action: Action;
  readonly workflow: string;
  readonly onClose: () => void;
}) {
  const { action, workflow, onClose } = props;
  const [token, setToken] = useState(remembered.token);
  const [answer, setAnswer] = useState('');
  const send = async (): Promise<void> => {
    remembered.token = token;
    setAnswer('Sending…');
    setAnswer(await sendAction(action, workflow, token));
  };
  return (
    <dialog
      aria-label={WHAT[action]}
      ref={(element) => {
        if (element !== null && !element.open) element.showModal();
      }}
      onClose={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <h2>{WHAT[action]}</h2>
        <p>
          <code>{workflow}</code>
        </p>
        <label>
          Token{' '}
          <input
            type="password"
            autocomplete="off"
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <p role="status">{answer}</p>
        <div class="tools">
          <button type="submit" class="act">
            Send
          </button>
          <button type="button" onClick={onClose}>
            Close
          </button>
        </div>
      </form>
    </dialog>
  );
}

const remembered = { token: '' };
