import v8 from 'node:v8';

/**
 * Bytecode budget before V8 optimises a function, 15 times the default. A worker's loops are in WebAssembly and native
 * code, so most optimisations do not pay for the CPU time of the compiler threads: measured, a tenth of the CPU time of
 * a run of a few seconds, for messages and for ledgers.
 */
const INTERRUPT_BUDGET = 1_000_000;

/** Configures this process's JavaScript engine for a worker; threads that start later inherit it. */
export function tuneRuntime(): void {
  v8.setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
}
