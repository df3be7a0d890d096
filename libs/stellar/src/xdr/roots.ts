import { xdr } from '@stellar/stellar-base';

/** A type of stellar-base's table, by its XDR name; undefined when it has none of this name. */
export function rootType(name: string): unknown {
  return (xdr as unknown as Readonly<Record<string, unknown>>)[name];
}
