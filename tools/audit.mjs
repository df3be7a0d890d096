// `npm run audit [-- --require]`: the policy for known vulnerabilities of what users install. One of severity high or critical fails
// unless it is accepted below; others are listed. Where the registry does not answer, the check is skipped and says why;
// with --require it fails. `tests/package/lock.test.ts` is the policy that needs no network: checksums, licences, scripts.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Advisories that do not concern us: why, and until which day that is believed. */
const ACCEPTED = {
  // 'GHSA-xxxx-xxxx-xxxx': { until: '2027-01-31', why: 'we never parse untrusted CSS' },
};

const REFUSED = new Set(['high', 'critical']);
const required = process.argv.includes('--require');

const args = ['audit', '--omit=dev', '--json', '--fetch-retries=1', '--fetch-timeout=20000'];
const { stdout } = spawnSync('npm', args, {
  cwd: ROOT,
  encoding: 'utf8',
  timeout: 120_000,
  maxBuffer: 64 << 20,
});
const report = parsed(stdout);
if (report?.auditReportVersion === undefined) {
  const why = report?.message ?? 'npm gave no report';
  console.log(`npm audit: ${required ? 'failed' : 'skipped'}: ${why}`);
  process.exit(required ? 1 : 0);
}

const found = new Map();
for (const { via } of Object.values(report.vulnerabilities))
  for (const hole of via) if (typeof hole === 'object') found.set(`${hole.url} ${hole.name}`, hole);

const today = new Date().toISOString().slice(0, 10);
let faults = 0;
for (const { url, name, severity, title, range } of found.values()) {
  const accepted = ACCEPTED[url.split('/').at(-1)];
  const fault = REFUSED.has(severity) && !(accepted !== undefined && today <= accepted.until);
  const note = accepted === undefined ? '' : `, accepted until ${accepted.until}: ${accepted.why}`;
  if (fault) faults += 1;
  console.log(`${fault ? 'REFUSED' : 'noted'}: ${name} ${range}: ${severity}: ${title} ${url}${note}`);
}
console.log(`npm audit: ${found.size} known vulnerabilities of what users install, ${faults} refused`);
process.exit(faults === 0 ? 0 : 1);

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
