/** How severe a log record is. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Fields of a log record: names, ids and counts. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes a log record, with secrets removed; records below the level of the log are dropped. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;
