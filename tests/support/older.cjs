// Preloaded into a command: contract data has no column previous_balance, as in an earlier version.
const path = require('node:path');
const dist = path.resolve(__dirname, '../../libs/stellar/dist');
const rows = require(path.join(dist, 'rows/contract.js'));
const { fields } = require(path.join(dist, 'schemas/contractdata.js')).contractDataSchema;
const { contractDataRows } = rows;
rows.contractDataRows = function* older(context) {
  for (const row of contractDataRows(context)) {
    const older = { ...row };
    delete older.previous_balance;
    yield older;
  }
};
fields.splice(
  fields.findIndex(({ name }) => name === 'previous_balance'),
  1,
);
