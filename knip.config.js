/** Finds exports and files that nothing uses; `npm run lint` runs it. */
module.exports = {
  includeEntryExports: true,
  paths: { '@parquetry/worker': ['apps/worker/src/index.ts'], '@parquetry/*': ['libs/*/src/index.ts'] },
  // Commands load their libraries when they run; knip knows the ES form of that.
  compilers: {
    ts: (text) => text.replaceAll(/require\(('[^']+')\) as typeof import\(\1\)/g, 'await import($1)'),
  },
  ignoreIssues: {
    'apps/cli/src/commands/*.ts': ['exports'],
    // Read by tools/configuration.mjs from the built file.
    'apps/cli/src/settings.ts': ['exports'],
    // The bundle of workflows; Temporal finds them by name.
    'libs/workflows/src/{workflows,compact,failureconverter,interceptors,limiter,maintain,scheduled,tail}.ts':
      ['exports'],
    'bench/**': ['exports'],
    // Types of weed.cjs.
    'tests/support/weed.d.cts': ['exports'],
    'tools/*.mjs': ['exports'],
    // The public library (docs/library.md).
    'apps/cli/src/library/{index,types}.ts': ['exports', 'types'],
    // Loaded by bin/parquetry.js from the built file.
    'apps/cli/src/main.ts': ['exports'],
    // Generated from the kernel's own layout.
    'libs/source/src/ndjson/kernel/layout.ts': ['exports', 'duplicates'],
  },
  workspaces: {
    '.': {
      entry: ['tools/*.mjs', 'bench/**/*.{mjs,cjs}', 'tests/**/*.test.ts', 'tests/**/*.{mjs,cjs,cts}'],
      project: ['tools/**', 'bench/**', 'tests/**/*.{ts,mjs,cjs}'],
    },
    'libs/*': { entry: ['src/index.ts', 'src/**/*.test.ts'], project: ['src/**/*.ts'] },
    'libs/report': {
      entry: ['src/index.ts', 'src/**/*.test.ts', 'page/main.tsx'],
      project: ['src/**/*.ts', 'page/**/*.{ts,tsx}'],
    },
    'libs/source': {
      entry: ['src/index.ts', 'src/**/*.test.ts', 'kernel/index.ts'],
      project: ['src/**/*.ts'],
    },
    'libs/workflows': {
      entry: [
        ...['src/index.ts', 'src/workflows.ts', 'src/failureconverter.ts', 'src/interceptors.ts'],
        'src/**/*.test.ts',
      ],
      project: ['src/**/*.ts'],
    },
    'apps/worker': {
      entry: ['src/index.ts', 'src/pull/thread.ts', 'src/**/*.test.ts'],
      project: ['src/**/*.ts'],
    },
    'apps/cli': {
      entry: ['src/index.ts', 'src/main.ts', 'src/library/index.ts', 'src/commands/*.ts', 'src/**/*.test.ts'],
      project: ['src/**/*.ts'],
    },
  },
};
