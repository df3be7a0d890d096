import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Every page for people, as paths from the root. */
export function markdownFiles(root: string): string[] {
  const below = ['docs', 'deploy', 'examples'].flatMap((folder) =>
    existsSync(path.join(root, folder))
      ? readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
          path.join(folder, name),
        )
      : [],
  );
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below.filter((name) => name.endsWith('.md'))];
}

/** Targets of the links and pictures of a page that are not on the web. */
export function linksOf(text: string): string[] {
  return [...text.matchAll(/\]\(\s*([^)\s]+)\)|<img [^>]*src="([^"]+)"/g)]
    .map(([, link, picture]) => link ?? picture ?? '')
    .filter((link) => !/^[a-z]+:/.test(link));
}

/** The anchors of the headings of a page, as GitHub makes them. */
export function headingAnchors(text: string): string[] {
  return [...text.replaceAll(/^```[^]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** A fenced block of a page, with what the comment before it says about the test. */
export interface Block {
  readonly page: string;
  /** Line of the fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The comment `<!-- test: … -->` right before the block, without `test:`; empty if there is none. */
  readonly note: string;
}

export function blocksOf(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const language = /^ *```(\w*)/.exec(lines[at] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && /^ *```$/.test(line));
    const before = lines.slice(0, at).findLast((line) => line.trim() !== '') ?? '';
    const note = /^ *<!-- test: (.*) -->$/.exec(before)?.[1] ?? '';
    blocks.push({ page, line: at + 1, language, note, text: lines.slice(at + 1, end).join('\n') });
    at = end;
  }
  return blocks;
}

/** A command of a block, and the output that the page shows; undefined if the block shows no output. */
export interface Command {
  readonly text: string;
  readonly output: string | undefined;
}

/**
 * The commands of a block. In a `console` block a command begins with `$ ` and its output follows; in a `sh` block each
 * line is a command. A command continues on the next line after a backslash.
 */
export function commandsOf({ language, text }: Block): Command[] {
  const commands: { text: string; output: string[] }[] = [];
  let continues = false;
  for (const line of text.split('\n')) {
    const last = commands.at(-1);
    if (continues && last !== undefined) last.text += `\n${line}`;
    else if (language === 'sh') {
      if (line.trim() !== '' && !line.startsWith('#')) commands.push({ text: line, output: [] });
    } else if (line.startsWith('$ ')) commands.push({ text: line.slice(2), output: [] });
    else if (last !== undefined) last.output.push(line);
    else throw new Error(`a console block begins with output: ${line}`);
    continues = (continues || language === 'sh' || line.startsWith('$ ')) && line.endsWith('\\');
  }
  return commands.map((command) => ({
    text: command.text,
    output: language === 'sh' ? undefined : command.output.join('\n'),
  }));
}

/**
 * What differs from machine to machine or from run to run, each replaced by its name: sizes, times, ids of runs, ports, and
 * the width of tables.
 */
const VARYING: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\u001b\[[\d;]*m/g, ''],
  [/\b\d[\d.,]* ?(B|kB|MB|GB|KiB|MiB|GiB)(\/s)?(?![\w])/g, 'SIZE'],
  [/\b\d[\d.,]* ?(ms|s|min|h)\b( \d+ (s|min)\b)?/g, 'TIME'],
  [/\b(backfill|compact|tail|partition)(-[\w.-]*)?-[0-9a-f]{8}\b/g, '$1$2-ID'],
  [/\btail\/[0-9a-f]{12}\b/g, 'tail/ID'],
  [/\b(localhost|127\.0\.0\.1):\d+/g, 'HOST:PORT'],
  [/\b[0-9a-f]{64}\b/g, 'SHA256'],
  [/[┌┬┐├┼┤└┴┘─]+/g, '─'],
  [/[ \t]+/g, ' '],
  [/ $/gm, ''],
];

/** A text without what varies. `folder` is where the commands ran; pages show it as `/home/me/stellar`. */
export function normalised(text: string, folder = ''): string {
  const moved = folder === '' ? text : text.replaceAll(folder, '/home/me/stellar');
  return VARYING.reduce((kept, [pattern, name]) => kept.replaceAll(pattern, name), moved).trim();
}

/** Whether an output is the one that a page shows. `…` on a page matches any text, also for several lines. */
export function matches(shown: string, actual: string): boolean {
  const parts = shown.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('[^]*?')}$`).test(actual);
}
