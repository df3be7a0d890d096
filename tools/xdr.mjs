// `npm run xdr [-- --check]`: writes the XDR types of ledgers, as `@stellar/stellar-base` declares them, to
// libs/stellar/src/xdr/basetypes.ts, one per line in the notation of `table.ts`. Loading stellar-base itself takes longer
// than many pulls. With --check it only says whether the file is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(path.join(ROOT, 'libs/stellar/package.json'));
const X = require('@stellar/js-xdr');
const { xdr } = require('@stellar/stellar-base');

const PRIMITIVES = new Map([
  [X.Int, 'int'],
  [X.UnsignedInt, 'uint'],
  [X.Hyper, 'hyper'],
  [X.UnsignedHyper, 'uhyper'],
  [X.Bool, 'bool'],
  [X.Void, 'void'],
]);
const UNBOUNDED = 0xffffffff;

/** Declarations by name. */
const declared = new Map();
/** Classes by name, to find two types with the same name. */
const classes = new Map();

/** A reference to a type; declares the type if it has a name. */
function reference(type) {
  const primitive = PRIMITIVES.get(type);
  if (primitive !== undefined) return primitive;
  const most = (length) => (length === UNBOUNDED ? '<>' : `<${length}>`);
  if (type instanceof X.Opaque) return `opaque[${type._length}]`;
  if (type instanceof X.VarOpaque || type instanceof X.String) return `opaque${most(type._maxLength)}`;
  if (type instanceof X.Array) return `${reference(type._childType)}[${type._length}]`;
  if (type instanceof X.VarArray) return `${reference(type._childType)}${most(type._maxLength)}`;
  if (type instanceof X.Option) return `${reference(type._childType)}?`;
  const name = type.enumName ?? type.structName ?? type.unionName;
  if (!classes.has(name)) {
    classes.set(name, type);
    declared.set(name, declaration(name, type));
  }
  if (classes.get(name) !== type) throw new Error(`There are two types ${name}.`);
  return name;
}

function declaration(name, type) {
  if (type.prototype instanceof X.Enum)
    return ['enum', name, ...Object.values(type._byValue).map((member) => `${member.value}=${member.name}`)];
  if (type.prototype instanceof X.Struct)
    return ['struct', name, ...type._fields.map(([field, child]) => `${field}:${reference(child)}`)];
  if (!(type.prototype instanceof X.Union)) throw new Error(`${name} is not an XDR type.`);
  const armType = (arm) => reference(typeof arm === 'string' ? type._arms[arm] : arm);
  const arms = [...type._switches].map(([key, arm]) =>
    typeof key === 'object' ? `${key.value}=${key.name}:${armType(arm)}` : `${key}:${armType(arm)}`,
  );
  const fallback = type._defaultArm === undefined ? [] : [`default:${armType(type._defaultArm)}`];
  return ['union', name, ...arms, ...fallback];
}

reference(xdr.LedgerCloseMetaBatch);
const lines = [...declared.values()]
  .sort(([, a], [, b]) => (a < b ? -1 : 1))
  .map((words) => `  '${words.join(' ')}',\n`);
const module = `/** The XDR types of ledgers, as stellar-base declares them (see \`table.ts\`). Made by \`npm run xdr\`. */
export const BASE_TYPES: readonly string[] = [\n${lines.join('')}];\n`;
const target = path.join(ROOT, 'libs/stellar/src/xdr/basetypes.ts');
if (!process.argv.includes('--check')) writeFileSync(target, module);
else if (readFileSync(target, 'utf8') !== module) {
  console.error('basetypes.ts does not have the types of stellar-base: npm run xdr');
  process.exitCode = 1;
}
