/**
 * Apache Arrow's library. Loaded at first use: it has 150 modules, and most threads and commands never need it.
 */
export function loadArrow(): typeof import('apache-arrow') {
  return require('apache-arrow') as typeof import('apache-arrow');
}
