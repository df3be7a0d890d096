import { wholeNumber } from './parsers';

/** Parser of a schema version. */
export const versionNumber = wholeNumber(1, 1_000_000_000);

/** The argument of commands about one subject of the registry. */
export const SUBJECT = ['<subject>', 'message type, or one of its majors (contract_data.v2)'] as const;

/** The argument for a version of it. */
export const VERSION = ['[version]', 'version (default: the newest)', versionNumber] as const;
