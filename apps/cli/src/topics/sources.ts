import { type Topic, definitions } from './topic';

/** `parquetry help sources` */
export const sources: Topic = {
  name: 'sources',
  summary: 'where ledgers and messages come from',
  text: () => `\`--source\` names a kind and a place:

${definitions([
  [
    'ndjson:FILES',
    'messages, one JSON object a line: paths, globs, s3:// or gs:// objects, separated by commas; plain, .gz or .zst',
  ],
  ['galexie:FOLDER', 'ledgers of a SEP-54 lake, in a folder, on s3:// or on gs://'],
  ['rpc:URL', 'ledgers of a Stellar RPC node; it has only the newest ones'],
  ['galexie:FOLDER,rpc:URL', 'each ledger from the first source that has it'],
  ['https://HOST/PATH', 'messages that your service makes for a range'],
  ['processor:NAME', 'messages that your program makes for a range'],
])}

Sources of ledgers have predefined message types (\`parquetry types\`), and every pull checks
header hashes, the chain of headers and the transaction results. Sources of messages have
the types that the messages name; the schema is inferred from all values of the run.

    parquetry backfill --source 'ndjson:./messages/*.ndjson' --archive ./archive --ledgers 426000-426100
    parquetry backfill --source galexie:s3://bucket/ledgers --archive s3://lake/stellar --ledgers 63092982-63092991
    parquetry tail --source rpc:https://rpc.example --archive ./archive --from latest

Credentials are never part of a source: see \`parquetry help environment\`. A location with a
user, a password or a query is refused.`,
};
