import v8 from 'node:v8';

/**
 * Bytecode that a function runs before V8 optimises it; its default is a fifteenth of that. A worker's loops are in
 * WebAssembly and native code, so most of what V8 would optimise is not worth the time of its compiler threads: a
 * tenth of the processor time of a run of a few seconds, of messages and of ledgers alike, measured.
 */
const INTERRUPT_BUDGET = 1_000_000;

/** Sets this process's JavaScript engine up for a worker's work; threads that start later have it too. */
export function tuneRuntime(): void {
  v8.setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
}
