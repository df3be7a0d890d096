/** The ways in which programs read two files of one dataset, the older one first. */
export const READERS = {
  duckdb: 'DuckDB, plain glob',
  duckdb_by_name: 'DuckDB, `union_by_name`',
  pyarrow: 'pyarrow dataset',
  polars: 'polars scan',
  pyarrow_newer: 'pyarrow, newer schema',
  polars_newer: 'polars, newer schema',
  delta: 'Delta table (polars)',
  pyarrow_older: 'pyarrow, older schema',
  polars_older: 'polars, older schema',
  spark: 'Spark, plain',
  spark_merge: 'Spark, `mergeSchema`',
  spark_delta: 'Delta table (Spark)',
} as const;

/**
 * A reader of the rule table. `_newer` and `_older` use a given schema, `delta` and `_delta` the table's; the others
 * take the schema from the files.
 */
export type Reader = keyof typeof READERS;

/**
 * How a reader shows both files: `exact` every value as written, null if a file lacks the column; `hidden` a column or
 * member is not shown; `retyped` values are right in another type; `wrong` a value is rounded, shifted, lost or another
 * kind of value; `error` it refuses.
 */
export type Outcome = 'exact' | 'hidden' | 'retyped' | 'wrong' | 'error';

/**
 * Whether a change is allowed: `iceberg` only if the table format promotes types, as Iceberg does and Delta does not.
 */
export type Verdict = 'ok' | 'iceberg' | 'breaking';

/** A row of the rule table. */
export interface Rule {
  /** What changes from the older to the newer schema. */
  readonly change: string;
  /** May a reader of the newer version read older files? */
  readonly backward: Verdict;
  /** May a reader of the older version read newer files? */
  readonly forward: Verdict;
  /** Why, in one clause. */
  readonly why: string;
  /** Two files that show it, as SELECT lists of DuckDB, and what each reader does with them. */
  readonly shown?: {
    readonly older: string;
    readonly newer: string;
    /** Hive folder of both files. */
    readonly folder?: string;
    /** Columns that mean the same: older name, newer name. */
    readonly same?: readonly [string, string];
    readonly readers: Readonly<Record<Reader, Outcome>>;
  };
}

const NAMES = Object.keys(READERS) as Reader[];

/** Outcomes in the order of `READERS`: e exact, h hidden, t retyped, w wrong, x error. */
function outcomes(letters: string): Record<Reader, Outcome> {
  const words: Record<string, Outcome> = { e: 'exact', h: 'hidden', t: 'retyped', w: 'wrong', x: 'error' };
  return Object.fromEntries(NAMES.map((reader, index) => [reader, words[letters[index] ?? '']])) as Record<
    Reader,
    Outcome
  >;
}

const shown = (older: string, newer: string, letters: string): NonNullable<Rule['shown']> => ({
  older,
  newer,
  readers: outcomes(letters),
});
const column = (older: string, newer: string, letters: string): NonNullable<Rule['shown']> =>
  shown(`${older} AS a`, `${newer} AS a`, letters);

const BIG = '9007199254740993::BIGINT';
const NOON = `TIMESTAMPTZ '2025-07-13 12:00:00+00'`;
const promotion = { backward: 'iceberg', forward: 'breaking' } as const;
const breaking = { backward: 'breaking', forward: 'breaking' } as const;
const fine = { backward: 'ok', forward: 'ok' } as const;

/**
 * The effect of every schema change on readers: the rule set of the compatibility modes. Tests write the files and run
 * the readers for each row (`rules.test.ts`; Spark in `tests/interop/spark.test.ts`).
 */
export const RULES = {
  add_column: {
    change: 'add a nullable column',
    ...fine,
    why: 'readers by name show null for older files',
    shown: shown('1::BIGINT AS a', `1::BIGINT AS a, 'x' AS b`, 'hehxeeeeehee'),
  },
  add_member: {
    change: 'add a nullable struct member',
    ...fine,
    why: 'readers by name show null for older files',
    shown: column(`{'x': 1::BIGINT}`, `{'x': 1::BIGINT, 'y': 2::BIGINT}`, 'hehxeeeeehee'),
  },
  add_list_member: {
    change: 'add a nullable member to the structs of a list',
    ...fine,
    why: 'readers by name show null for older files',
    shown: column(`[{'x': 1::BIGINT}]`, `[{'x': 1::BIGINT, 'y': 2::BIGINT}]`, 'hehxeeeeehee'),
  },
  add_required: {
    change: 'add a column or member that is not nullable',
    backward: 'breaking',
    forward: 'ok',
    why: 'older files have no value for it',
    shown: shown('1::BIGINT AS a', `1::BIGINT AS a, 'x' AS b`, 'hehxeeeeehee'),
  },
  drop_column: {
    change: 'drop a column',
    ...breaking,
    why: 'a Delta table keeps its columns and a plain glob fails; leave it in the schema, its values null',
    shown: shown(`1::BIGINT AS a, 'x' AS b`, '1::BIGINT AS a', 'xeexeeeeeeee'),
  },
  drop_member: {
    change: 'drop a struct member',
    ...breaking,
    why: 'a Delta table keeps its members; leave it in the schema, its values null',
    shown: column(`{'x': 1::BIGINT, 'y': 2::BIGINT}`, `{'x': 1::BIGINT}`, 'eeexeeeeeeee'),
  },
  rename: {
    change: 'rename a column or member',
    ...breaking,
    why: 'readers by name see one column go and another come',
    shown: { ...shown('5::BIGINT AS a', '6::BIGINT AS b', 'xwwxwwwwwwww'), same: ['a', 'b'] },
  },
  rename_case: {
    change: 'change only the case of a name',
    ...breaking,
    why: 'some readers merge the names, others distinguish them',
    shown: { ...shown('5::BIGINT AS a', '6::BIGINT AS "A"', 'eewxwwwwweee'), same: ['a', 'A'] },
  },
  name_case: {
    change: 'two names that differ only in case',
    ...breaking,
    why: 'SQL engines can’t distinguish them; DuckDB renames one of them as it writes',
    shown: shown('5::BIGINT AS a', '6::BIGINT AS a, 7::BIGINT AS "A"', 'hehxeeeeehee'),
  },
  name_layout: {
    change: 'a column named year, month, day or hour',
    ...breaking,
    why: 'the folder of that name hides it',
    shown: {
      ...shown('5::BIGINT AS a', '6::BIGINT AS a, 1999::BIGINT AS "year"', 'wwwwwexeewwx'),
      folder: 'year=2025',
    },
  },
  name_delta: {
    change: 'a name with a space or one of , ; { } ( ) =, tab or newline',
    ...breaking,
    why: 'Delta and Spark refuse it; write it encoded and keep the message key with it',
  },
  int32_int64: {
    change: 'int32 → int64',
    ...promotion,
    why: 'Delta does not promote types',
    shown: column('5::INTEGER', BIG, 'xexxeeexxxxe'),
  },
  uint32_int64: {
    change: 'uint32 → int64',
    ...breaking,
    why: 'neither Delta nor Iceberg promotes it, and a plain glob fails on the first large value',
    shown: column('4294967295::UINTEGER', BIG, 'xexxeeexxeee'),
  },
  float32_float64: {
    change: 'float32 → float64',
    ...promotion,
    why: 'Delta does not promote types, and a plain glob rounds silently',
    shown: column('0.5::FLOAT', '0.1::DOUBLE', 'wewxeeewxxxe'),
  },
  decimal_wider: {
    change: 'decimal(10, 2) → decimal(20, 2)',
    ...promotion,
    why: 'Delta does not promote types',
    shown: column('1.5::DECIMAL(10,2)', '123456789012345678.25::DECIMAL(20,2)', 'xexxeeexxxee'),
  },
  decimal_other: {
    change: 'decimal with another scale or fewer digits',
    ...breaking,
    why: 'readers round, fail or choose a third type',
    shown: column('1.5::DECIMAL(20,2)', '1.1234::DECIMAL(20,4)', 'wtxxexxxxxxx'),
  },
  integer_narrower: {
    change: 'int64 → int32, and other narrower or differently signed integers',
    ...breaking,
    why: 'older values do not fit',
    shown: column(BIG, '5::INTEGER', 'tttxxxxeetxx'),
  },
  integer_float: {
    change: 'integer or decimal → float64',
    ...breaking,
    why: 'DuckDB rounds silently, with union_by_name too; pyarrow and polars fail',
    shown: column(BIG, '1.5::DOUBLE', 'wwxxxxxxxxxx'),
  },
  float_integer: {
    change: 'float64 → integer or decimal',
    ...breaking,
    why: 'DuckDB rounds silently, with union_by_name too; pyarrow and polars fail',
    shown: column('1.5::DOUBLE', BIG, 'wwxxxxxxxxxx'),
  },
  integer_unsigned: {
    change: 'int64 → an unsigned 64-bit column',
    ...breaking,
    why: 'DuckDB fails or makes it HUGEINT, which it writes as DOUBLE; such values are decimal(20, 0) here',
    shown: column('-5::BIGINT', '18446744073709551615::UBIGINT', 'xtxxxxxxxwxx'),
  },
  integer_decimal: {
    change: 'integer → decimal (uint64 is stored as decimal(20, 0)), or back',
    ...breaking,
    why: 'pyarrow takes it, polars and Delta readers fail',
    shown: column('-5::BIGINT', '18446744073709551615::DECIMAL(20,0)', 'xexxexxxxxxe'),
  },
  scalar_text: {
    change: 'any scalar → utf8 or json',
    ...breaking,
    why: 'numbers become text in some readers, the others fail',
    shown: column('5::BIGINT', `'0x'`, 'xwxxwxxxxxxx'),
  },
  text_scalar: {
    change: 'utf8 or json → any other scalar',
    ...breaking,
    why: 'numbers become text in some readers, the others fail',
    shown: column(`'0x'`, '5::BIGINT', 'wwwxxxxwxxxx'),
  },
  time_text: {
    change: 'timestamp → utf8',
    ...breaking,
    why: 'DuckDB writes the text in the time zone of the session',
    shown: column(NOON, `'noon'`, 'xwxxwxxxxxxx'),
  },
  timestamp_zone: {
    change: 'timestamp without → with time zone',
    ...breaking,
    why: 'DuckDB shifts by the time zone of the session; timestamps are UTC from version 1 on here',
    shown: column(`TIMESTAMP '2025-07-13 12:00:00'`, NOON, 'wwtteeeeetxe'),
  },
  other_scalar: {
    change: 'any other change between scalars, such as bool → int64',
    ...breaking,
    why: 'values change their kind or readers fail',
    shown: column('true', '5::BIGINT', 'wwwxwxxwxxxx'),
  },
  scalar_nested: {
    change: 'scalar ↔ struct or list, struct ↔ list',
    ...breaking,
    why: 'every reader fails',
    shown: column('5::BIGINT', `{'x': 6::BIGINT}`, 'xxxxxxxxxxxx'),
  },
  same_bytes: {
    change: 'uint64 ↔ decimal(20, 0)',
    ...fine,
    why: 'the files are the same',
    shown: column('5::DECIMAL(20,0)', '6::DECIMAL(20,0)', 'eeeeeeeeeeee'),
  },
  text_meaning: {
    change: 'utf8 ↔ json',
    ...breaking,
    why: 'the files are alike, but the text means something else: `5` is a text in one and a number in the other',
    shown: column(`'5'`, `'"5"'`, 'eeeeeeeeeeee'),
  },
  to_required: {
    change: 'nullable → not nullable',
    backward: 'breaking',
    forward: 'ok',
    why: 'older files may hold nulls',
    shown: column('NULL::BIGINT', '6::BIGINT', 'eeeeeeeeeeee'),
  },
  to_nullable: {
    change: 'not nullable → nullable',
    backward: 'ok',
    forward: 'breaking',
    why: 'newer files may hold nulls that readers of the older version do not expect',
    shown: column('5::BIGINT', 'NULL::BIGINT', 'eeeeeeeeeeee'),
  },
  field_id: {
    change: 'another field id',
    ...breaking,
    why: 'readers by id (Iceberg) see another column',
  },
  meaning: {
    change: 'another message type, message key, ledger column or close time column',
    ...breaking,
    why: 'the values come from elsewhere',
  },
  neutral: {
    change: 'documentation, order of the columns, unique key, origin',
    ...fine,
    why: 'readers do not see it',
  },
} as const satisfies Record<string, Rule>;

/** The name of a row of the rule table. */
export type RuleId = keyof typeof RULES;

/** The readers that a change breaks in a direction: they fail or show a wrong value. */
export function affectedReaders(id: RuleId, direction: 'backward' | 'forward'): Reader[] {
  const rule: Rule = RULES[id];
  const other = direction === 'backward' ? 'older' : 'newer';
  return NAMES.filter((reader) => {
    if (reader.endsWith(other) || (direction === 'forward' && reader.endsWith('delta'))) return false;
    const outcome = rule.shown?.readers[reader];
    return outcome === 'wrong' || outcome === 'error';
  });
}
