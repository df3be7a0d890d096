import { Command, Help, type Option } from 'commander';
import { type Setting, TOPICS } from './setting';

/** Headings of the list of commands, in their order. */
export type CommandGroup = 'Prepare' | 'Run' | 'Watch' | 'Check' | 'Look' | 'Maintain';

/** Heading of the options that the help of a command with many options lists first. */
const OFTEN = 'Most used:';
/** Heading of the options that are not settings. */
const OWN = 'Options:';
/** Headings of options in the order in which the help shows them. */
const ORDER = [OFTEN, OWN, ...Object.values(TOPICS).map((title) => `${title}:`)];
/** A command with more settings than this lists the most used ones first. */
const LONG = 15;
/** A command with more settings than this leaves rarely used ones to `--help-all`. */
const MANY = 8;

/** Heading of a setting in the help of a command with `count` settings. */
export function heading({ topic, used }: Setting, count: number): string {
  return used === 'often' && count > LONG ? OFTEN : `${TOPICS[topic]}:`;
}

/** Whether only `--help-all` lists a setting. */
export function isHidden({ used }: Setting, count: number): boolean {
  return used === 'seldom' && count > MANY;
}

/** Help with options ordered by topic, without those that only `--help-all` lists. */
export class GroupedHelp extends Help {
  constructor(private readonly hidden: ReadonlySet<Option>) {
    super();
  }

  override visibleOptions(command: Command): Option[] {
    return super.visibleOptions(command).filter((option) => !this.hidden.has(option));
  }

  /** `query <sql>`, without `[options]`, which all commands have. */
  override subcommandTerm(command: Command): string {
    const values = command.registeredArguments.map((argument) =>
      argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
    );
    return [command.name(), ...values].join(' ');
  }

  override groupItems<T extends Command | Option>(
    unsorted: T[],
    visible: T[],
    group: (item: T) => string,
  ): Map<string, T[]> {
    const groups = [...super.groupItems(unsorted, visible, group)].filter(([, items]) => items.length > 0);
    if (unsorted[0] instanceof Command) return new Map(groups);
    return new Map(groups.sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b)));
  }
}
