/**
 * How workflows send the texts of their failures: as they are, or as payloads, which a codec encrypts. Workflow code
 * can't read settings, so a worker that encrypts replaces the first value with the second in the script of the
 * workflows. Both have the same length, so that the script's source map stays right.
 */
export const FAILURE_TEXTS: string = 'parquetry-failures-as-texts';
export const FAILURE_PAYLOADS: string = 'parquetry-failures-payloads';
