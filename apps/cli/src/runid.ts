/** The argument of commands about one run. */
export const RUN_ID = [
  '[run]',
  'id of the run, or its first characters; may be left out when there is only one (see parquetry runs)',
] as const;
