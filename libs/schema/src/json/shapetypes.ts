/** Value classes of a shape. Nulls, keys, brackets and fixed strings are literal bytes. */
export const PLAIN_STRING = 0;
export const ESCAPED_STRING = 1;
export const INTEGER = 2;
export const OTHER_NUMBER = 3;
export const BOOLEAN = 4;
/** Any value except null. */
export const ANY = 5;

/** One step of a shape: literal bytes, then a value, or the end of the text when `shape` is set. */
export interface Step<Plan> {
  readonly literal: Uint8Array;
  /** The value after it may be of any kind. */
  readonly any: boolean;
  /** Nesting of the value. */
  readonly depth: number;
  /** The steps after the value, by its class. */
  readonly next: (Step<Plan>[] | undefined)[];
  shape?: Shape<Plan>;
}

/** The properties that all texts of a known structure share. */
export interface Shape<Plan> {
  readonly plan: Plan;
  /** The first text's tape; on a match the wanted nodes get the spans of the matching text. */
  readonly nodes: Int32Array<ArrayBuffer>;
  /** Wanted scalars and ANY values, in the order of their nodes: node, number of the value. */
  readonly values: Int32Array;
  /** Wanted keys, nulls, objects and arrays: node, then literal and offset in it for start and for end. */
  readonly spans: Int32Array;
}

/** The parts of a text that its shape must keep. */
export interface ShapeSpec<Plan> {
  readonly plan: Plan;
  /** STRING nodes whose bytes are part of the structure, such as the name of the message's type. */
  readonly fixed?: (node: number) => boolean;
  /** Nodes of any kind except null: their structure is not compared. */
  readonly any?: (node: number) => boolean;
  /** Nodes that readers of the tape need; a container includes everything in it. */
  readonly wanted: readonly number[];
}
