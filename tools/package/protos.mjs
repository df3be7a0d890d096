// A part of Temporal's protobuf definitions: some requests of some services, and all messages that they use.
import { createRequire } from 'node:module';

/** Resolves what libs/temporal depends on. */
export const sdkRequire = createRequire(new URL('../../libs/temporal/package.json', import.meta.url));
const root = sdkRequire('@temporalio/proto/protos/json-module');

/**
 * The definitions as JSON.
 * @param requests the requests to keep, by full name of their service
 * @param messages full names of further messages
 */
export function leanProtos(requests, messages) {
  const kept = new Set();
  const queue = messages.map((name) => root.lookup(name));
  for (const [service, names] of Object.entries(requests)) {
    const { methods } = root.lookupService(service);
    for (const name of names) {
      if (methods[name] === undefined) throw new Error(`${service} has no request ${name}.`);
      const { resolvedRequestType, resolvedResponseType } = methods[name].resolve();
      queue.push(resolvedRequestType, resolvedResponseType);
    }
  }
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (kept.has(next)) continue;
    kept.add(next);
    for (const field of next.fieldsArray ?? []) {
      const { resolvedType } = field.resolve();
      if (resolvedType !== null) queue.push(resolvedType);
    }
    // A message that is defined in another one.
    if (next.parent.fieldsArray !== undefined) queue.push(next.parent);
  }
  return namespace(root, kept, requests);
}

/** The kept members of a namespace; undefined when there are none. */
function namespace(space, kept, requests) {
  const members = (space.nestedArray ?? []).flatMap((each) => {
    const found = definition(each, kept, requests);
    return found === undefined ? [] : [[each.name, found]];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

function definition(each, kept, requests) {
  const own = each.toJSON();
  delete own.nested;
  const nested = namespace(each, kept, requests);
  const rest = nested === undefined ? {} : { nested };
  if (each.methodsArray !== undefined) {
    const names = requests[each.fullName.slice(1)];
    return names && { methods: Object.fromEntries(names.map((name) => [name, method(each.methods[name])])) };
  }
  if (each.fieldsArray !== undefined) {
    if (!kept.has(each)) return undefined;
    // With full names protobufjs finds each type at once.
    for (const { name, resolvedType } of each.fieldsArray)
      if (resolvedType !== null) own.fields[name].type = resolvedType.fullName;
    return { ...own, ...rest };
  }
  if (each.values !== undefined) return kept.has(each) ? own : undefined;
  return nested && { nested };
}

function method({ resolvedRequestType, resolvedResponseType }) {
  return { requestType: resolvedRequestType.fullName, responseType: resolvedResponseType.fullName };
}
