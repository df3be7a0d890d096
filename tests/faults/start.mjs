// `npm run faults`: the crash campaign of commits (`campaign.mjs`), or with `--iceberg` that of Iceberg tables (`iceberg.mjs`).
const iceberg = process.argv.indexOf('--iceberg');
if (iceberg > 0) process.argv.splice(iceberg, 1);
await import(iceberg > 0 ? './iceberg.mjs' : './campaign.mjs');
