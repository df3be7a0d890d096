// Preloaded into a command: writes the files of all modules that it loaded, a line each, to $PARQUETRY_TEST_MODULES.
const { writeFileSync } = require('node:fs');
process.on('exit', () => {
  writeFileSync(process.env.PARQUETRY_TEST_MODULES, Object.keys(require.cache).join('\n'));
});
