/** Whether SQL names a dataset. `x.v2` is a different dataset from `x`. */
export function isNamed(sql: string, dataset: string): boolean {
  const text = dataset.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`(?<![A-Za-z0-9_$])${text}(?![A-Za-z0-9_$]|\\.v\\d+(?![A-Za-z0-9_$]))`, 'i').test(sql);
}
