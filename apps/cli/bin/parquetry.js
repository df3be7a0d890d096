#!/usr/bin/env node
'use strict';
// DuckDB's queries run on libuv's pool; it must be larger than the queries at once before the pool first starts.
process.env.UV_THREADPOOL_SIZE ??= '16';

const { existsSync } = require('node:fs');
const path = require('node:path');

const main = path.join(__dirname, '..', 'dist', 'main.js');
if (!existsSync(main)) {
  console.error('parquetry is not built yet. Run `npm ci` (or `npm run build`) in its folder first.');
  process.exit(2);
}
require(main).main(process.argv.slice(2));
