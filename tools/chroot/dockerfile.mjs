// Reads a Dockerfile: its stages with their instructions, in order.

/**
 * @param {string} text
 * @returns {{ name: string, base: string, steps: { instruction: string, value: string }[] }[]}
 */
export function parseDockerfile(text) {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const globals = {};
  const stages = [];
  for (const line of lines) {
    const [, instruction = '', value = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    if (instruction === 'FROM') {
      const [, base = '', name = ''] = /^(\S+)(?: AS (\S+))?$/i.exec(value) ?? [];
      stages.push({ name, base: expand(base, globals), steps: [] });
    } else if (stages.length === 0) assign(globals, value);
    else stages.at(-1).steps.push({ instruction, value });
  }
  return stages;
}

/** `A=b C="d e"` into an object. */
export function assign(into, text) {
  for (const [, name, quoted, plain] of text.matchAll(/(\w+)(?:=(?:"([^"]*)"|(\S*)))?/g))
    into[name] = expand(quoted ?? plain ?? into[name] ?? '', into);
  return into;
}

/** `${NAME}` and `$NAME`. */
function expand(text, values) {
  return text.replaceAll(/\$\{?(\w+)\}?/g, (_, name) => values[name] ?? '');
}

/** The options of a RUN and its command. */
export function parseRun(value) {
  const mounts = [];
  const command = value.replace(/^(?:--mount=(\S+)\s+)*/, (options) => {
    for (const [, mount] of options.matchAll(/--mount=(\S+)/g))
      mounts.push(Object.fromEntries(mount.split(',').map((part) => part.split('='))));
    return '';
  });
  return { mounts, command };
}
