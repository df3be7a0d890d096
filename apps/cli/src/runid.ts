/** The argument of commands about one run. */
export const RUN_ID = ['<run>', 'workflow id of the run'] as const;
