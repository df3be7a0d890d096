import { createHash } from 'node:crypto';
import type { ReportData } from './data';
import { livePage, staticPage } from './page';

/** Texts that would end the data's element, begin a comment or be patterns of `String.replace`. */
const HOSTILE = `</script><script>alert(1)</script><!-- <script> $& $' $\` \u2028 & "`;

const data = {
  version: 1,
  madeAt: HOSTILE,
  archive: { uri: HOSTILE, network: '__REPORT_DATA__', layout: '__REPORT_CONNECT__' },
} as unknown as ReportData;

/** The text of the data's element. */
const embedded = (page: string): string =>
  /<script type="application\/json" id="report">([^]*?)<\/script>/.exec(page)?.[1] ?? '';

describe('the page', () => {
  it('holds its data as text that is only data', () => {
    const page = staticPage(data);
    expect(JSON.parse(embedded(page))).toEqual(data);
    expect(embedded(page)).not.toMatch(/[<>&]/);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
  });

  it('loads and sends nothing: its policy allows its own script and style only', () => {
    const page = staticPage(data);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'none'");
    expect(policy).not.toContain('unsafe');
    const scripts = [...page.matchAll(/<script>([^]*?)<\/script>/g)].map((match) => match[1] ?? '');
    const styles = [...page.matchAll(/<style>([^]*?)<\/style>/g)].map((match) => match[1] ?? '');
    const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect([scripts.length, styles.length]).toEqual([1, 1]);
    expect(policy).toContain(`script-src ${hash(scripts[0] ?? '')};`);
    expect(policy).toContain(`style-src ${hash(styles[0] ?? '')};`);
    expect(page).not.toMatch(/(src|href)=["']?https?:/);
    expect(page.length).toBeLessThan(200_000);
  });

  it('that is live asks its own server, and has no data', () => {
    const page = livePage();
    expect(embedded(page)).toBe('');
    expect(page).toContain("connect-src 'self'");
    expect(page).not.toMatch(/__REPORT_/);
  });
});
