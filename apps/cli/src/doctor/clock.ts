import { servicesOf } from './services';
import { type Check, type Line, fault, ok, warning } from './finding';

/** S3 refuses requests that are signed with a clock more than 15 minutes off. */
const WRONG_MS = 5 * 60_000;
const OFF_MS = 10_000;

/** Compares the clock of this machine with the `Date` headers of the services behind archive and source. Sends no credentials. */
export function clockCheck(locations: readonly (string | undefined)[], now: () => number = Date.now): Check {
  return {
    name: 'clock',
    run: async ({ signal, deadline }) => {
      const origins = [...new Set(servicesOf(locations).map((address) => new URL(address).origin))];
      if (origins.length === 0)
        return [ok('Not compared: neither the archive nor the source is on a server with a clock.')];
      const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.max(deadline - Date.now(), 1))]);
      return Promise.all(origins.map((origin) => compare(origin, now, limit)));
    },
  };
}

async function compare(origin: string, now: () => number, signal: AbortSignal): Promise<Line> {
  const sent = now();
  let date: string | null;
  try {
    const response = await fetch(origin, { method: 'HEAD', redirect: 'manual', signal });
    date = response.headers.get('date');
  } catch {
    return warning(
      `${origin} does not answer; its clock is unknown.`,
      'See the checks of archive and source.',
    );
  }
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return ok(`${origin} sends no date; nothing was compared.`);
  // The header has whole seconds.
  const off = Math.round((theirs + 500 - (sent + now()) / 2) / 1000);
  const text = `The clock differs by ${Math.abs(off)} s from that of ${origin}`;
  const hint = 'Synchronize the clock of this machine (NTP).';
  if (Math.abs(off) * 1000 > WRONG_MS) return fault(`${text}: signed requests will be refused.`, hint);
  return Math.abs(off) * 1000 > OFF_MS ? warning(`${text}.`, hint) : ok(`${text}.`);
}
