import { type TypeNode, describeType } from './table';

/** How deep the recursive types (ScVal, claim predicates, invocations, …) may nest. */
const MAX_DEPTH = 500;

/** Why reading stopped. `unknown`: an unsupported discriminant or enum value; `corrupt`: anything else. */
export class XdrFault extends Error {
  constructor(
    readonly kind: 'unknown' | 'corrupt',
    message: string,
    /** Byte offset in the input. */
    readonly offset: number,
  ) {
    super(message);
  }
}

/** What compiled readers share: the input, the position, and the last ledger header that was read. */
export interface ReadState {
  /** Position after the last value. */
  offset: number;
  /** Protocol and sequence of the last LedgerHeader read since the state was reset; undefined before one. */
  protocol: number | undefined;
  ledger: number | undefined;
}

/** Readers by root type: reads one value at `offset` and returns it; the end is in `state.offset`. */
export interface Compiled<Root extends string> {
  readonly state: ReadState;
  readonly read: Readonly<Record<Root, (bytes: Uint8Array, offset: number) => unknown>>;
  /** The generated source, for tests. */
  readonly source: string;
}

/** What to record in addition to the values, and what to skip. */
export interface CompileOptions<Root extends string> {
  readonly roots: readonly Root[];
  /** Structs and unions whose objects carry `xdrStart` and `xdrEnd`, byte offsets in the input. */
  readonly spans: ReadonlySet<string>;
  /** Struct fields (`Struct.field`) that carry `{field}Start` and `{field}End`, for arrays. */
  readonly fieldSpans: ReadonlySet<string>;
  /**
   * Structs, unions and struct fields (`Struct.field`) that are read and checked but not built: their value is
   * undefined. Most of a ledger is never used, and building it takes more than half of the time.
   */
  readonly skips?: ReadonlySet<string>;
}

type Primitive = 'int' | 'uint' | 'hyper' | 'uhyper' | 'bool' | 'void';

const PRIMITIVE_CODE: Readonly<Record<Primitive, string>> = {
  int: 'const v=D.getInt32(p);p+=4;return v',
  uint: 'const v=D.getUint32(p);p+=4;return v',
  hyper: 'const v=D.getBigInt64(p);p+=8;return v',
  uhyper: 'const v=D.getBigUint64(p);p+=8;return v',
  bool: 'const v=D.getUint32(p);if(v>1)bad("a bool of "+v);p+=4;return v===1',
  void: 'return undefined',
};

/** The same without a value. The next read, or the end of the root value, detects running past the end. */
const PRIMITIVE_SKIP: Readonly<Record<Primitive, string>> = {
  ...PRIMITIVE_CODE,
  int: 'p+=4',
  uint: 'p+=4',
  hyper: 'p+=8',
  uhyper: 'p+=8',
};

/**
 * Compiles readers from the type table: one flat function per type. Structs become plain objects, unions
 * `{type, value}` (type: the enum member's name, or the number), enums their member's name, options `undefined` when
 * absent, 64-bit integers bigint, opaque data and strings views of the input (no copy).
 */
export function compile<Root extends string>(options: CompileOptions<Root>): Compiled<Root> {
  const compiler = new Compiler(options.spans, options.fieldSpans, options.skips ?? new Set());
  const entries = options.roots.map((root) => `${root}:(b,o)=>run(b,o,${compiler.emit(root)})`);
  const source = [PRELUDE, ...compiler.functions, `return {${entries.join(',')}}`].join('\n');
  const state: ReadState = { offset: 0, protocol: undefined, ledger: undefined };
  const build = new Function('S', 'E', 'Fault', source) as (
    state: ReadState,
    enums: readonly Readonly<Record<string, string>>[],
    fault: typeof XdrFault,
  ) => Compiled<Root>['read'];
  return { state, read: build(state, compiler.enums, XdrFault), source };
}

const PRELUDE = `"use strict";let B,D,A,O=0,p=0,n=0,depth=0;
function bad(m){throw new Fault("corrupt",m,p)}
function unknown(m){throw new Fault("unknown",m,p)}
function pass(l){if(p+l>n)bad("data of "+l+" bytes runs past the end");p+=l;while((p&3)!==F){if(p>=n)bad("padding runs past the end");if(B[p++]!==0)bad("padding that is not zero")}}
function bytes(l){const s=p;pass(l);return new Uint8Array(A,O+s,l)}
let F=0;
function run(b,o,f){B=b;A=b.buffer;O=b.byteOffset;n=b.length;D=new DataView(A,O,n);p=o;F=o&3;depth=0;S.protocol=S.ledger=undefined;
try{const v=f();if(p>n)bad("the value runs past the end");S.offset=p;return v}
catch(e){if(e instanceof Fault)throw e;if(e instanceof RangeError)throw new Fault("corrupt","the data ends in the middle of a value",Math.min(p,n));throw e}
finally{B=D=A=undefined}}`;

class Compiler {
  readonly functions: string[] = [];
  readonly enums: Record<string, string>[] = [];
  private readonly names = { build: new Map<string, string>(), skip: new Map<string, string>() };
  /** Functions under construction; a type that refers to one of them is recursive. */
  private readonly open = new Set<string>();
  private readonly recursive = new Set<string>();
  private readonly sizes = new Map<string, number>();

  constructor(
    private readonly spans: ReadonlySet<string>,
    private readonly fieldSpans: ReadonlySet<string>,
    private readonly skips: ReadonlySet<string>,
  ) {}

  /** The name of the function that reads `type` or, in skip mode, only checks it. */
  emit(type: string, mode: 'build' | 'skip' = 'build'): string {
    const node = describeType(type);
    if (mode === 'build' && 'name' in node && this.skips.has(node.name)) return this.emit(type, 'skip');
    const names = this.names[mode];
    const known = names.get(type);
    if (known !== undefined) {
      if (this.open.has(known)) this.recursive.add(known);
      return known;
    }
    const name = `${mode}${names.size}`;
    names.set(type, name);
    this.open.add(name);
    const body = mode === 'build' ? this.body(node) : this.skipBody(node);
    this.open.delete(name);
    if (this.recursive.has(name)) {
      const guard = `if(++depth>${MAX_DEPTH})bad("values nested deeper than ${MAX_DEPTH}")`;
      this.functions.push(`function ${name}(){${guard};const v=${name}b();depth--;return v}`);
      this.functions.push(`function ${name}b(){${body}}`);
    } else this.functions.push(`function ${name}(){${body}}`);
    return name;
  }

  private body(node: TypeNode): string {
    switch (node.kind) {
      case 'opaque':
        return `return bytes(${node.length})`;
      case 'bytes':
        return `${dataLength(node.max)}return bytes(l)`;
      case 'array':
        return `const a=[];for(let i=0;i<${node.length};i++)a.push(${this.emit(node.child)}());return a`;
      case 'list':
        return `${this.listLength(node)}const a=[];for(let i=0;i<l;i++)a.push(${this.emit(node.child)}());return a`;
      case 'option':
        return `${OPTION}return l===1?${this.emit(node.child)}():undefined`;
      case 'enum':
        return `${this.enumMember(node.name, node.members)}return s`;
      case 'struct':
        return this.structBody(node.name, node.fields);
      case 'union':
        return this.unionBody(node);
      case 'int':
      case 'uint':
      case 'hyper':
      case 'uhyper':
      case 'bool':
      case 'void':
        return PRIMITIVE_CODE[node.kind];
    }
  }

  private skipBody(node: TypeNode): string {
    switch (node.kind) {
      case 'opaque':
        return `pass(${node.length})`;
      case 'bytes':
        return `${dataLength(node.max)}pass(l)`;
      case 'array':
        return `for(let i=0;i<${node.length};i++)${this.emit(node.child, 'skip')}()`;
      case 'list':
        return `${this.listLength(node)}for(let i=0;i<l;i++)${this.emit(node.child, 'skip')}()`;
      case 'option':
        return `${OPTION}if(l===1)${this.emit(node.child, 'skip')}()`;
      case 'enum':
        return this.enumMember(node.name, node.members);
      case 'struct':
        return node.fields.map(([, type]) => `${this.emit(type, 'skip')}()`).join(';');
      case 'union': {
        const cases = node.arms.map((arm) => `case ${arm.value}:${this.emit(arm.type, 'skip')}();return;`);
        const fallback =
          node.fallback === undefined ? unknownArm(node.name) : `${this.emit(node.fallback, 'skip')}()`;
        return `const s=D.getInt32(p);p+=4;switch(s){${cases.join('')}default:${fallback}}`;
      }
      case 'int':
      case 'uint':
      case 'hyper':
      case 'uhyper':
      case 'bool':
      case 'void':
        return PRIMITIVE_SKIP[node.kind];
    }
  }

  private listLength(node: Extract<TypeNode, { kind: 'list' }>): string {
    const least = Math.max(4, this.leastSize(node.child));
    return `const l=D.getUint32(p);if(l>${node.max}||l*${least}>n-p)bad("a list of "+l+" values, more than fit");p+=4;`;
  }

  private enumMember(name: string, members: ReadonlyMap<number, string>): string {
    const index = this.enums.push(Object.fromEntries(members)) - 1;
    return `const v=D.getInt32(p);const s=E[${index}][v];if(s===undefined)unknown("${name} "+v);p+=4;`;
  }

  private structBody(name: string, fields: readonly (readonly [string, string])[]): string {
    const spanned = this.spans.has(name);
    const reads: string[] = [];
    const members: string[] = [];
    for (const [index, [field, type]] of fields.entries()) {
      const path = `${name}.${field}`;
      const read = `const v${index}=${this.emit(type, this.skips.has(path) ? 'skip' : 'build')}();`;
      const marked = this.fieldSpans.has(path);
      reads.push(marked ? `const s${index}=p;${read}const e${index}=p;` : read);
      members.push(`${field}:v${index}`);
      if (marked) members.push(`${field}Start:s${index}`, `${field}End:e${index}`);
    }
    if (spanned) members.push('xdrStart:xs', 'xdrEnd:p');
    // Errors about later bytes name the ledger and the protocol of this header.
    const note = name === 'LedgerHeader' ? 'S.protocol=v0;S.ledger=v5;' : '';
    return `${spanned ? 'const xs=p;' : ''}${reads.join('')}${note}return {${members.join(',')}}`;
  }

  private unionBody(node: Extract<TypeNode, { kind: 'union' }>): string {
    const spanned = this.spans.has(node.name);
    const tail = spanned ? ',xdrStart:xs,xdrEnd:p}' : '}';
    const result = (label: string, type: string): string =>
      describeType(type).kind === 'void'
        ? `return {type:${label},value:undefined${tail}`
        : `{const v=${this.emit(type)}();return {type:${label},value:v${tail}}`;
    const cases = node.arms.map(
      (arm) => `case ${arm.value}:${result(JSON.stringify(arm.label ?? arm.value), arm.type)};`,
    );
    const fallback = node.fallback === undefined ? unknownArm(node.name) : result('s', node.fallback);
    return `${spanned ? 'const xs=p;' : ''}const s=D.getInt32(p);p+=4;switch(s){${cases.join('')}default:${fallback}}`;
  }

  /** Minimum encoded size of a type in bytes; limits what a hostile list length can allocate. */
  private leastSize(type: string): number {
    const known = this.sizes.get(type);
    if (known !== undefined) return known;
    this.sizes.set(type, 0);
    const size = this.nodeSize(describeType(type));
    this.sizes.set(type, size);
    return size;
  }

  private nodeSize(node: TypeNode): number {
    switch (node.kind) {
      case 'void':
        return 0;
      case 'hyper':
      case 'uhyper':
        return 8;
      case 'opaque':
        return (node.length + 3) & ~3;
      case 'array':
        return node.length * this.leastSize(node.child);
      case 'struct':
        return node.fields.reduce((total, [, type]) => total + this.leastSize(type), 0);
      case 'int':
      case 'uint':
      case 'bool':
      case 'bytes':
      case 'list':
      case 'option':
      case 'enum':
      case 'union':
        return 4;
    }
  }
}

const OPTION = 'const l=D.getUint32(p);if(l>1)bad("an option of "+l);p+=4;';

function dataLength(max: number): string {
  return `const l=D.getUint32(p);if(l>${max})bad("data of "+l+" bytes where ${max} are allowed");p+=4;`;
}

function unknownArm(union: string): string {
  return `p-=4;unknown("${union} arm "+s)`;
}
