import { useEffect, useState } from 'preact/hooks';
import type { LiveState } from '../src/feed';
import type { Action } from '../src/serve';

/** How parts of the page start an action: it is confirmed before it is sent. */
export interface Actions {
  ask(action: Action, workflow: string): void;
}

/** State of the connection to the server. */
export type Connection = 'connecting' | 'live' | 'lost';

/** Follows the server's events for one archive. The browser connects again by itself. */
export function useLive(archive: string): {
  readonly state: LiveState | undefined;
  readonly connection: Connection;
} {
  const [state, setState] = useState<LiveState | undefined>(undefined);
  const [connection, setConnection] = useState<Connection>('connecting');
  useEffect(() => {
    const events = new EventSource(`events?archive=${encodeURIComponent(archive)}`);
    events.addEventListener('open', () => setConnection('live'));
    events.addEventListener('error', () => setConnection('lost'));
    events.addEventListener('report', (event: MessageEvent<string>) => {
      setConnection('live');
      setState(JSON.parse(event.data) as LiveState);
    });
    events.addEventListener('same', (event: MessageEvent<string>) => {
      setConnection('live');
      const madeAt = JSON.parse(event.data) as string;
      setState((old) => (old?.data === undefined ? old : { ...old, data: { ...old.data, madeAt } }));
    });
    return () => events.close();
  }, [archive]);
  return { state, connection };
}

/** Sends an action; the answer is one sentence for the person. */
export async function sendAction(action: Action, workflow: string, token: string): Promise<string> {
  try {
    const response = await fetch('actions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ action, workflow }),
      credentials: 'omit',
      redirect: 'error',
    });
    const { message } = (await response.json()) as { readonly message: string };
    return message;
  } catch (error) {
    return `The server did not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}
