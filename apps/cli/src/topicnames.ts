/** The names of the topics of `parquetry help`; their texts are loaded when they are printed. */
export const TOPIC_NAMES = ['ranges', 'sources', 'exit-codes', 'environment'] as const;
