import type { ObjectStore } from '@parquetry/storage';

/** The store, counting its operations; one for each listing. */
export function counted(store: ObjectStore): { readonly store: ObjectStore; readonly count: () => number } {
  let operations = 0;
  return {
    store: new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (name !== 'localPath') operations += 1;
          return Reflect.apply(value, target, args);
        };
      },
    }),
    count: () => operations,
  };
}
