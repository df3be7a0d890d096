import type { BackfillProgress } from '@parquetry/workflows';
import type { Output } from '../output';
import { type Shown, logLine, screenLines } from './lines';
import { Notices } from './notices';
import { Rate } from './rate';
import type { PartitionSteps } from './steps';
import { type Line, Terminal, flow } from './terminal';

/** Shows the progress of a run: in place on a terminal, else in lines. */
export interface ProgressView {
  /** Whether the next update should come with the steps of the partitions in flight, and of how many. */
  wanted(): number;
  /** `steps`: what the partitions in flight are doing, if it was asked. */
  update(progress: BackfillProgress, steps?: readonly PartitionSteps[]): void;
  end(): void;
}

/** The view for stderr. */
export function progressView(output: Output, stream: NodeJS.WriteStream = process.stderr): ProgressView {
  return drawsInPlace(output, stream) ? screen(stream) : lines(output);
}

/** Whether progress is drawn in place. Terminals that cannot move their cursor, and logs of CI, get lines. */
function drawsInPlace(output: Output, stream: NodeJS.WriteStream): boolean {
  const { CI, TERM } = process.env;
  return stream.isTTY && (CI ?? '') === '' && TERM !== 'dumb' && !output.json;
}

/** Shows one state: in place on a terminal, else in a line when it changed, at most one in 10 s. */
export function stateView(
  output: Output,
  stream: NodeJS.WriteStream = process.stderr,
): { update(parts: readonly string[]): void; end(): void } {
  let shown: readonly string[] = [];
  if (drawsInPlace(output, stream)) {
    const terminal = new Terminal(stream, (columns) => flow(shown, ' · ', columns).map((text) => ({ text })));
    return {
      update(parts) {
        shown = parts;
        terminal.draw();
      },
      end: () => terminal.end(),
    };
  }
  let lastAt: number | undefined;
  let last = '';
  return {
    update(parts) {
      const line = parts.join(', ');
      if (line === last || (lastAt !== undefined && Date.now() - lastAt < LINE_EVERY_MS)) return;
      [last, lastAt] = [line, Date.now()];
      output.note(line);
    },
    end: () => undefined,
  };
}

const STEPS_EVERY_MS = 1_000;
const MAX_STEPS = 8;

function screen(stream: NodeJS.WriteStream): ProgressView {
  const notices = new Notices();
  const rate = new Rate();
  let shown: Shown | undefined;
  let steps: readonly PartitionSteps[] = [];
  let askedAt = 0;
  let terminal: Terminal | undefined;
  return {
    wanted: () => (Date.now() - askedAt >= STEPS_EVERY_MS ? MAX_STEPS : 0),
    update(progress, found) {
      const now = Date.now();
      if (found !== undefined) [steps, askedAt] = [found, now];
      const running = new Set((progress.inflight ?? []).map(({ key }) => key));
      steps = steps.filter(({ key }) => running.has(key));
      shown = { progress, steps, rate: rate.read(progress.tally.rows, now), now };
      terminal ??= new Terminal(stream, (columns, rows) =>
        shown === undefined ? [] : screenLines(shown, columns, rows),
      );
      for (const line of notices.news(progress, found)) terminal.print(line);
      terminal.draw();
    },
    end() {
      terminal?.end();
      terminal = undefined;
    },
  };
}

const LINE_EVERY_MS = 10_000;
/** Partitions in flight that are asked for failed attempts before a line. */
const MAX_ASKED = 32;
/** Notices in a line. */
const MAX_NOTICES = 3;

function lines(output: Output): ProgressView {
  const notices = new Notices();
  const rate = new Rate();
  const waiting: Line[] = [];
  const startedAt = Date.now();
  let lastAt: number | undefined;
  let last = '';
  const due = (): boolean => lastAt === undefined || Date.now() - lastAt >= LINE_EVERY_MS;
  return {
    wanted: () => (due() ? MAX_ASKED : 0),
    update(progress, steps) {
      const now = Date.now();
      const perSecond = rate.read(progress.tally.rows, now);
      waiting.push(...notices.news(progress, steps));
      // A short run has no line about its plan.
      if (!due() || (progress.phase === 'planning' && now - startedAt < LINE_EVERY_MS)) return;
      const more = waiting.length - MAX_NOTICES;
      const news = waiting
        .splice(0)
        .slice(0, MAX_NOTICES)
        .map(({ text }) => `; ${text.trim()}`);
      const line =
        logLine({ progress, steps: [], rate: perSecond, now }) +
        news.join('') +
        (more > 0 ? `; and ${more} more` : '');
      if (line === last) return;
      [last, lastAt] = [line, now];
      output.note(line);
    },
    end: () => undefined,
  };
}
