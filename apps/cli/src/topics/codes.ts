import { ERROR_CODES, FINDING_CODES, REJECT_CODES, isErrorCode } from '@parquetry/core';
import { wrapped } from './topic';

/** The text of `parquetry help CODE`, as in docs/errors.md; undefined if there is no such code. */
export function explained(name: string): string | undefined {
  const code = name.toUpperCase();
  const lines: string[] = [];
  if (isErrorCode(code)) {
    const { cause, example, remedy, exit, retryable } = ERROR_CODES[code];
    lines.push(
      `${code}: ${cause}`,
      `Example: ${example}`,
      `Remedy: ${remedy}`,
      `Exit code ${exit}. A workflow ${retryable ? 'retries the step.' : 'does not retry the step.'}`,
    );
  }
  const meanings = { reject: REJECT_CODES, finding: FINDING_CODES };
  for (const [kind, codes] of Object.entries(meanings))
    if (Object.hasOwn(codes, code))
      lines.push(`${code} (${kind}): ${(codes as Readonly<Record<string, string>>)[code] ?? ''}`);
  return lines.length === 0 ? undefined : lines.flatMap((line) => wrapped(line, 88)).join('\n');
}
