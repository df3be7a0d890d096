/** Ports that `weedServer` needs. */
export const WEED_PORTS: number;

/** See weed.cjs. */
export function weedServer(
  dir: string,
  config: string,
  ports: readonly number[],
): { readonly endpoint: string; readonly master: string; readonly args: readonly string[] };
