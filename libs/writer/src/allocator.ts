/**
 * DuckDB's allocator (jemalloc) reads its options from the environment when the library is loaded, so this module must
 * be imported before it. With one arena a write reuses the memory that the previous write freed, on any thread: the
 * peak is 100 MB lower, and writes are faster, because new pages are the main cost of allocation (decision 014).
 */
const OPTIONS = 'DUCKDB_JE_MALLOC_CONF';

process.env[OPTIONS] ??= 'narenas:1';
