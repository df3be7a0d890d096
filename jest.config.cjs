/** One Jest configuration for the workspace: tests stand beside their source, cross-library tests in `tests/`. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/tests', '<rootDir>/bench'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  transform: {
    '^.+\\.[tj]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  // hyparquet is published as ES modules only; Jest needs it in CommonJS.
  transformIgnorePatterns: [
    '/node_modules/(?!(hyparquet|hyparquet-compressors|hyparquet-writer|hysnappy|fzstd)/)',
  ],
  moduleNameMapper: {
    '^@parquetry/worker$': '<rootDir>/apps/worker/src/index.ts',
    '^@parquetry/([a-z]+)$': '<rootDir>/libs/$1/src/index.ts',
  },
  testSequencer: '<rootDir>/tools/sequencer.cjs',
  testTimeout: 30_000,
};
