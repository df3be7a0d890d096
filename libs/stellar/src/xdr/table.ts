import { BASE_TYPES } from './basetypes';
import { NEWER_TYPES } from './newer';

/** A union arm: discriminant, its name (enum member, else undefined), type of the value. */
interface Arm {
  readonly value: number;
  readonly label: string | undefined;
  readonly type: string;
}

/** What an XDR type is. It refers to other types as `describeType` reads them. */
export type TypeNode =
  | { readonly kind: Primitive }
  | { readonly kind: 'opaque'; readonly length: number }
  | { readonly kind: 'bytes'; readonly max: number }
  | { readonly kind: 'array'; readonly child: string; readonly length: number }
  | { readonly kind: 'list'; readonly child: string; readonly max: number }
  | { readonly kind: 'option'; readonly child: string }
  | { readonly kind: 'enum'; readonly name: string; readonly members: ReadonlyMap<number, string> }
  | {
      readonly kind: 'struct';
      readonly name: string;
      readonly fields: readonly (readonly [string, string])[];
    }
  | {
      readonly kind: 'union';
      readonly name: string;
      readonly arms: readonly Arm[];
      readonly fallback?: string;
    };

const PRIMITIVES = ['int', 'uint', 'hyper', 'uhyper', 'bool', 'void'] as const;
type Primitive = (typeof PRIMITIVES)[number];

const UNBOUNDED = 0xffffffff;

interface Declaration {
  readonly kind: string;
  readonly parts: string[];
}

/**
 * The declarations, by name: `enum NAME value=member …`, `struct NAME field:type …` or
 * `union NAME value[=member]:type … [default:type]`. A second declaration of a union adds arms.
 */
const declarations = new Map<string, Declaration>();
for (const line of [...BASE_TYPES, ...NEWER_TYPES]) {
  const [kind = '', name = '', ...parts] = line.split(' ');
  const known = declarations.get(name);
  if (known === undefined) declarations.set(name, { kind, parts });
  else known.parts.push(...parts);
}

/** Types by reference. */
const described = new Map<string, TypeNode>();

/**
 * Reads a reference to a type: a primitive (`int`, `uint`, `hyper`, `uhyper`, `bool`, `void`), the name of a declared
 * type, `opaque[LENGTH]`, `opaque<MAX>`, `TYPE[LENGTH]`, `TYPE<MAX>` or `TYPE?`. `<>` has no limit.
 * @throws TypeError for anything else
 */
export function describeType(reference: string): TypeNode {
  let node = described.get(reference);
  if (node === undefined) described.set(reference, (node = parse(reference)));
  return node;
}

function parse(reference: string): TypeNode {
  const primitive = PRIMITIVES.find((name) => name === reference);
  if (primitive !== undefined) return { kind: primitive };
  const declaration = declarations.get(reference);
  if (declaration !== undefined) return declared(reference, declaration);
  const [, child, length, max] = /^(.+)(?:\[(\d+)\]|<(\d*)>|\?)$/.exec(reference) ?? [];
  if (child === undefined) throw new TypeError(`Not an XDR type: ${reference}`);
  if (length !== undefined) {
    const count = Number(length);
    return child === 'opaque' ? { kind: 'opaque', length: count } : { kind: 'array', child, length: count };
  }
  if (max === undefined) return { kind: 'option', child };
  const limit = max === '' ? UNBOUNDED : Number(max);
  return child === 'opaque' ? { kind: 'bytes', max: limit } : { kind: 'list', child, max: limit };
}

function declared(name: string, { kind, parts }: Declaration): TypeNode {
  const pairs = parts.map((part): [string, string] => {
    const at = part.search(/[:=][^:=]*$/);
    return [part.slice(0, at), part.slice(at + 1)];
  });
  if (kind === 'struct') return { kind, name, fields: pairs };
  if (kind === 'enum')
    return { kind, name, members: new Map(pairs.map(([value, member]) => [Number(value), member])) };
  const arms = pairs.filter(([value]) => value !== 'default').map(([tag, type]) => arm(tag, type));
  const fallback = pairs.find(([value]) => value === 'default')?.[1];
  return { kind: 'union', name, arms, ...(fallback === undefined ? {} : { fallback }) };
}

function arm(tag: string, type: string): Arm {
  const [value, label] = tag.split('=');
  return { value: Number(value), label, type };
}
