/** What reads ledgers: the only part of this library that needs `@parquetry/stellar` to run. */
export { openGalexieSource, openLedgerSource } from '../galexie/source';
export { openRpcFeed } from '../rpc';
export { openLedgerTail, ledgerTailIndex } from '../tail/ledgers';
export { openFeed } from './open';
