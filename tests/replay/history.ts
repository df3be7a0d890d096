import { createRequire } from 'node:module';

interface ProtoJson {
  fromJson(type: unknown, json: unknown): unknown;
}
interface ProtoRoot {
  lookupType(name: string): unknown;
}

/** Things of the protobuf library that `@temporalio/proto` itself uses: another copy of it does not know its types. */
const proto = createRequire(require.resolve('@temporalio/proto'));

/** A history from the JSON that the CLI and the UI write, as the replayer takes it. */
export function parseHistory(json: unknown): unknown {
  const { fromJson } = proto('protobufjs/ext/protojson') as ProtoJson;
  const root = proto('@temporalio/proto/protos/json-module') as ProtoRoot;
  return fromJson(root.lookupType('temporal.api.history.v1.History'), json);
}
