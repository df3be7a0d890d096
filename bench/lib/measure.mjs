// Runs a contender in a separate process and reads its one line of output; medians and formats for the tables.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { benchRoot } from './messages.mjs';

const LIMIT_MS = 30 * 60_000;

/**
 * Runs `command` with the request as JSON in its last argument and a fresh `workDir` in it; resolves to the answer
 * `{seconds, cpuSeconds, rows, bytes, peakRss}` (seconds of the work alone, without the start of the process).
 */
export async function contend(command, request) {
  mkdirSync(benchRoot(), { recursive: true });
  const workDir = mkdtempSync(path.join(benchRoot(), 'run-'));
  const [file, ...args] = command;
  const argument = JSON.stringify({ ...request, workDir });
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(file, [...args, argument], {
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: LIMIT_MS,
      });
      let out = '';
      let err = '';
      child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
      child.stderr.setEncoding('utf8').on('data', (text) => (err = `${err}${text}`.slice(-4000)));
      child.on('error', reject);
      child.on('close', (code) => {
        if (code !== 0) return reject(new Error(`${command.join(' ')} ended with ${code}: ${err.trim()}`));
        resolve(JSON.parse(out.trim().split('\n').at(-1)));
      });
    });
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

/** Processor milliseconds of all children of this process that have ended, in ticks of 10 ms (Linux). */
export const childCpuMs = () => statCpuMs('self', 13);

/** Processor milliseconds of a process that runs, in ticks of 10 ms (Linux). */
export const cpuMsOf = (pid) => statCpuMs(pid, 11);

/** The sum of two fields of /proc/PID/stat, user and system time, `first` after the command's name. */
function statCpuMs(pid, first) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[first]) + Number(fields[first + 1])) * 10;
}

/** The middle of the values. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Bytes in MB with no decimals. */
export const megabytes = (bytes) => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;

/** Columns of equal width; the first to the left, the others to the right. */
export function table(head, rows) {
  const lines = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, index) => Math.max(...lines.map((line) => line[index].length)));
  return lines
    .map((line) =>
      line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  '),
    )
    .join('\n');
}
