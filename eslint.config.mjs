import nx from '@nx/eslint-plugin';
import { builtinModules } from 'node:module';
import tseslint from 'typescript-eslint';

const nodeModules = builtinModules.flatMap((name) => [name, `node:${name}`]);
const onlyLibs = (...scopes) => ({ onlyDependOnLibsWithTags: scopes.map((scope) => `scope:${scope}`) });
const arrow = (scope, ...targets) => ({ sourceTag: `scope:${scope}`, ...onlyLibs(scope, ...targets) });

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.nx/**',
      '.parquetry/**',
      'demo/**',
      'tests/output/**',
      'libs/source/kernel/**',
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ['libs/**/*.ts', 'apps/**/*.ts', 'tests/**/*.ts', 'bench/**/*.ts'],
    // Code for browsers; the build checks its types.
    ignores: ['libs/report/page/**'],
    plugins: { '@nx': nx },
    languageOptions: {
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // The arrows of the architecture (CONTRIBUTING.md): what may import what.
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [],
          // Commands load libraries when they run; modules that only commands load import them as usual.
          checkDynamicDependenciesExceptions: ['.*'],
          depConstraints: [
            arrow('core'),
            arrow('system', 'core'),
            arrow('telemetry', 'core', 'system'),
            arrow('schema', 'core'),
            arrow('storage', 'core', 'system'),
            arrow('archive', 'core', 'schema', 'storage', 'system'),
            arrow('iceberg', 'archive', 'core', 'schema', 'storage'),
            arrow('stellar', 'core', 'schema'),
            arrow('source', 'core', 'schema', 'storage', 'stellar', 'system'),
            arrow('sample', 'core', 'stellar', 'system'),
            arrow('writer', 'core', 'schema', 'system'),
            arrow('verify', 'core', 'schema', 'system'),
            arrow('audit', 'archive', 'core', 'iceberg', 'schema', 'stellar', 'storage', 'verify', 'system'),
            arrow('report', 'archive', 'audit', 'core', 'schema'),
            arrow('temporal', 'core', 'system'),
            arrow('workflows', 'core'),
            { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib', 'type:app'] },
          ],
        },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // Tests of the writer stage their rows as a source does.
    files: ['libs/writer/src/testing/**/*.ts'],
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  {
    // Only the writer writes with DuckDB; the verifier must stay a second, independent reader.
    files: ['libs/**/*.ts', 'apps/**/*.ts'],
    ignores: ['libs/writer/**', '**/*.test.ts', '**/testing/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: '@duckdb/node-api', message: 'Go through @parquetry/writer.' }] },
      ],
    },
  },
  {
    // Workflow code runs in a sandbox and is replayed: no Node, nothing native, no clock or chance of its own.
    files: ['libs/workflows/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: nodeModules.map((name) => ({ name, message: 'Workflow code must not reach Node.' })),
          patterns: [
            {
              group: [
                '@duckdb/*',
                '@mongodb-js/*',
                'hyparquet*',
                'apache-arrow',
                '@temporalio/worker',
                '@temporalio/client',
                '@temporalio/activity',
              ],
              message: 'Workflow code must not reach this.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.test.ts', '**/testing/**/*.ts', 'tests/**/*.ts', 'bench/**/*.ts', 'apps/cli/src/output.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // A command loads what it needs when it runs, and so do workers and pull threads: `require(…) as typeof import(…)`
    // within its action.
    files: [
      'apps/cli/src/**/*.ts',
      'apps/worker/src/index.ts',
      'libs/schema/src/lazyarrow.ts',
      'libs/source/src/index.ts',
      'libs/storage/src/open.ts',
      'libs/telemetry/src/*.ts',
    ],
    rules: {
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
    },
  },
  {
    // Commands take Temporal's client from one prebuilt script, which loads faster.
    files: ['apps/cli/src/**/*.ts', 'libs/temporal/src/**/*.ts'],
    ignores: ['**/*.test.ts', 'libs/temporal/src/sdk.ts', 'apps/cli/src/nativeconnection.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['@temporalio/*'], allowTypeImports: true, message: 'Use sdk of @parquetry/temporal.' },
          ],
        },
      ],
    },
  },
  { files: ['**/*.cjs', '**/bin/*.js'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);
