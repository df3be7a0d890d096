/** One line of a Prometheus page. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A parsed page in Prometheus' text format. */
export class Scrape {
  readonly samples: readonly Sample[];
  /** Kind of each metric family, from its TYPE line. */
  readonly kinds: ReadonlyMap<string, string>;

  /** @throws Error for a line that is not valid */
  constructor(text: string) {
    const kinds = new Map<string, string>();
    const samples: Sample[] = [];
    for (const line of text.split('\n')) {
      const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
      if (type !== null) kinds.set(type[1] ?? '', type[2] ?? '');
      else if (line !== '' && !/^# HELP [a-zA-Z_:][\w:]* /.test(line)) samples.push(parseSample(line));
    }
    this.samples = samples;
    this.kinds = kinds;
  }

  /** The samples of a name that have these labels. */
  of(name: string, labels: Readonly<Record<string, string>> = {}): Sample[] {
    return this.samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
  }

  /** Their sum; 0 if there are none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.of(name, labels).reduce((sum, { value }) => sum + value, 0);
  }
}

function parseSample(line: string): Sample {
  const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/.exec(line);
  const value = Number(parts?.[3]?.replace(/^([+-]?)Inf$/, '$1Infinity'));
  if (parts === null || (Number.isNaN(value) && parts[3] !== 'NaN')) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  const list = parts[2] ?? '';
  const pattern = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/y;
  while (pattern.lastIndex < list.length) {
    const [, name = '', text = ''] = pattern.exec(list) ?? [];
    if (name === '' || name in labels) throw new Error(`not labels: ${line}`);
    labels[name] = text.replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
  }
  return { name: parts[1] ?? '', labels, value };
}
