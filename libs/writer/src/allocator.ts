/**
 * DuckDB's allocator (jemalloc) reads its options from the environment when the library is loaded, so this module stands
 * before the first import of it. With one arena a write takes the memory that the write before it freed, whatever thread
 * either ran on: 100 MB less at the peak, and less time, since new pages are what allocation costs (see decision 014).
 */
const OPTIONS = 'DUCKDB_JE_MALLOC_CONF';

process.env[OPTIONS] ??= 'narenas:1';
