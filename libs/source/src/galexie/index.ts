export { openGalexieSource, openLedgerSource } from './source';
