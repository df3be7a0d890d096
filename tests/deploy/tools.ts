/** Paths of linters and schemas; set by `npm test` (tools/deploy.mjs). */
const TOOLS = JSON.parse(process.env['PARQUETRY_DEPLOY_TOOLS'] ?? '{}') as Readonly<Record<string, string>>;

/** The path of a tool; fails where it is missing. */
export function tool(name: string): string {
  const found = TOOLS[name];
  if (found === undefined) throw new Error(`${name} is missing: run node tools/deploy.mjs`);
  return found;
}

/** `it` for tests that need tools; they say so when they are skipped. */
export function itWith(names: readonly string[], title: string, run: () => void, timeout = 60_000): void {
  const missing = names.filter((name) => TOOLS[name] === undefined);
  if (missing.length === 0) it(title, run, timeout);
  else it.skip(`${title} [skipped: no ${missing.join(', ')}; node tools/deploy.mjs --install]`, run);
}
