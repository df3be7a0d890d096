import type { BackfillProgress } from '@parquetry/workflows';
import { type Output, formatCount, formatSeconds } from './output';

/** Shows the progress of a run: a bar on a terminal, else a line for each change. */
export interface ProgressView {
  update(progress: BackfillProgress): void;
  end(): void;
}

/** The view for stderr: a bar on a terminal, else lines. */
export function progressView(output: Output, stream: NodeJS.WriteStream = process.stderr): ProgressView {
  return stream.isTTY && !output.json ? bar(stream) : lines(output);
}

function bar(stream: NodeJS.WriteStream): ProgressView {
  const { Presets, SingleBar } = require('cli-progress') as typeof import('cli-progress');
  const view = new SingleBar(
    {
      stream,
      hideCursor: true,
      clearOnComplete: false,
      format:
        '{phase} {bar} {value}/{total} partitions · {ledgers} ledgers · {rows} rows · {rate} · {left}{parked}',
    },
    Presets.shades_classic,
  );
  const meter = new Meter();
  let started = false;
  return {
    update(progress) {
      if (progress.total === 0) return;
      const ended = settled(progress);
      const payload = {
        phase: progress.phase,
        ledgers: formatCount(progress.tally.ledgers),
        rows: formatCount(progress.tally.rows),
        parked: progress.parked > 0 ? ` · ${progress.parked} parked` : '',
        ...meter.read(progress),
      };
      if (started) view.update(ended, payload);
      else view.start(progress.total, ended, payload);
      started = true;
    },
    end: () => (started ? view.stop() : undefined),
  };
}

const LINE_EVERY_MS = 2_000;

function lines(output: Output): ProgressView {
  const meter = new Meter();
  let last = '';
  let lastAt = 0;
  return {
    update(progress) {
      const { total, parked, running, tally, phase, faults = [] } = progress;
      const trouble = faults.map(({ step, code }) => `, ${step} fails with ${code}`).join('');
      const state = `${phase} ${settled(progress)} ${parked} ${tally.rows}${trouble}`;
      if (state === last || (Date.now() - lastAt < LINE_EVERY_MS && settled(progress) < total)) return;
      last = state;
      lastAt = Date.now();
      const { rate, left } = meter.read(progress);
      output.note(
        total === 0
          ? 'planning: indexing the source'
          : `${phase}: ${settled(progress)}/${total} partitions, ${running} running, ${parked} parked, ` +
              `${formatCount(tally.ledgers)} ledgers, ${formatCount(tally.rows)} rows, ${rate}, ${left}${trouble}`,
      );
    },
    end: () => undefined,
  };
}

function settled(progress: BackfillProgress): number {
  return progress.done + progress.skipped + progress.abandoned + progress.failed;
}

/** Rate and remaining time, measured since this command saw the first partition running. */
class Meter {
  private startedAt: number | undefined;
  private firstRows = 0;
  private firstDone = 0;

  read(progress: BackfillProgress): { rate: string; left: string } {
    if (this.startedAt === undefined && progress.total > 0) {
      this.startedAt = Date.now();
      this.firstRows = progress.tally.rows;
      this.firstDone = progress.done;
    }
    const seconds = this.startedAt === undefined ? 0 : (Date.now() - this.startedAt) / 1000;
    const done = progress.done - this.firstDone;
    if (seconds < 0.5 || done === 0) return { rate: '– rows/s', left: 'ETA –' };
    const open = progress.total - settled(progress) - progress.parked;
    return {
      rate: `${formatCount(Math.round((progress.tally.rows - this.firstRows) / seconds))} rows/s`,
      left: open > 0 ? `ETA ${formatSeconds((seconds / done) * open)}` : 'ending',
    };
  }
}
