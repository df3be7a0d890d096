// A processor in TypeScript: messages of the ledgers --start to --end, both inclusive, one JSON object a line.
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { start: { type: 'string' }, end: { type: 'string' } } });
const start = Number(values.start);
const end = Number(values.end);
const TIP = Number(process.env['TIP'] ?? Infinity);

// Exit code 75: these ledgers do not exist yet, retry later.
if (end > TIP) process.exit(75);

for (let ledger = start; ledger <= end; ledger += 1) {
  const closedAt = new Date(Date.UTC(2025, 6, 13) + ledger * 5_000).toISOString();
  const trade = {
    message_type: 'trade',
    ledger_sequence: ledger,
    closed_at: closedAt,
    price: `${ledger}.0000001`,
  };
  process.stdout.write(`${JSON.stringify(trade)}\n`);
}
