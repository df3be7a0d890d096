// What a contender's process shares with the bench that starts it: its request is an argument, its answer one JSON line.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The request, as JSON in the first argument. */
export function readRequest() {
  return JSON.parse(process.argv[2]);
}

/** This process's own use: bytes resident now and at most, processor seconds so far, and the answer. */
export const own = {
  rss: () => process.memoryUsage().rss,
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  report: (answer) =>
    process.stdout.write(
      `${JSON.stringify({ ...answer, peakRss: process.resourceUsage().maxRSS * 1024 })}\n`,
    ),
};
