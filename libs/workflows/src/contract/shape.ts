/** Most characters of a value in a refusal. */
const MAX_SHOWN = 200;

/** Why a value, which is found at `at`, is refused; undefined when it fits. */
export type Shape = (value: unknown, at: string) => string | undefined;

/** A value as JSON, cut to some characters: it may be megabytes of a stranger's text. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** True for a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value for which a condition holds. `what` completes "x is …". */
export function value(what: string, fits: (value: unknown) => boolean): Shape {
  return (found, at) => (fits(found) ? undefined : `${at} is ${what}, not ${shown(found)}`);
}

/** A whole number within bounds. */
export function whole(min: number, max = Number.MAX_SAFE_INTEGER): Shape {
  const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return value(
    `a whole number ${bounds}`,
    (found) => Number.isSafeInteger(found) && Number(found) >= min && Number(found) <= max,
  );
}

/** One of some values. */
export function oneOf(...values: readonly unknown[]): Shape {
  return value(`one of ${values.map(shown).join(', ')}`, (found) => values.includes(found));
}

/** A value that may be absent. */
export function optional(shape: Shape): Shape {
  return (found, at) => (found === undefined ? undefined : shape(found, at));
}

/** A list of values of one shape. */
export function listOf(shape: Shape): Shape {
  return (found, at) => {
    if (!Array.isArray(found)) return `${at} is a list, not ${shown(found)}`;
    for (const [index, each] of found.entries()) {
      const fault = shape(each, `${at}[${index}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** An object with these members. Others may be there: those of a later version, and those that only steps read. */
export function object(members: Readonly<Record<string, Shape>>): Shape {
  return (found, at) => {
    if (!isObject(found)) return `${at} is an object, not ${shown(found)}`;
    for (const [name, shape] of Object.entries(members)) {
      const fault = shape(found[name], `${at}.${name}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}
