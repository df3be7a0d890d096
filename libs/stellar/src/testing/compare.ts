import { describeType } from '../xdr/table';

/** Path and values of the first difference between a compiled reader's value and stellar-base's; undefined when none. */
export function firstDifference(type: string, ours: unknown, theirs: unknown, path = ''): string | undefined {
  const node = describeType(type);
  const differ = (equal: boolean): string | undefined =>
    equal ? undefined : `${path}: ${String(ours)} is not ${String(theirs)}`;
  switch (node.kind) {
    case 'void':
      return differ(ours === undefined);
    case 'hyper':
    case 'uhyper':
      return differ(String(ours) === String(theirs) && typeof ours === 'bigint');
    case 'opaque':
    case 'bytes':
      return differ(Buffer.compare(ours as Uint8Array, theirs as Buffer) === 0);
    case 'enum':
      return differ(ours === (theirs as { name: string }).name);
    case 'option':
      return ours === undefined || theirs === undefined
        ? differ(ours === theirs)
        : firstDifference(node.child, ours, theirs, path);
    case 'array':
    case 'list': {
      const [left, right] = [ours as unknown[], theirs as unknown[]];
      if (left.length !== right.length) return `${path}.length`;
      return first(left, (item, index) =>
        firstDifference(node.child, item, right[index], `${path}[${index}]`),
      );
    }
    case 'struct':
      return first(node.fields, ([field, child]) =>
        firstDifference(
          child,
          (ours as Record<string, unknown>)[field],
          (theirs as Record<string, () => unknown>)[field]?.(),
          `${path}.${field}`,
        ),
      );
    case 'union': {
      const left = ours as { type: unknown; value: unknown };
      const right = theirs as { switch(): { name: string } | number; value(): unknown };
      const tag = right.switch();
      const label = typeof tag === 'number' ? tag : tag.name;
      if (left.type !== label) return `${path}: arm ${String(left.type)} is not ${String(label)}`;
      const arm = node.arms.find((candidate) => (candidate.label ?? candidate.value) === label);
      return firstDifference(arm?.type ?? 'void', left.value, right.value(), `${path}<${String(label)}>`);
    }
    case 'int':
    case 'uint':
    case 'bool':
      return differ(ours === theirs);
  }
}

function first<T>(
  items: readonly T[],
  check: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = check(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
