import { ParquetryError } from '@parquetry/core';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether the environment asks for traces, by OpenTelemetry's variables: an endpoint of OTLP, or OTEL_TRACES_EXPORTER=otlp
 * for the default endpoint. `none`, or OTEL_SDK_DISABLED=true, turns them off.
 * @throws ParquetryError CONFIG_INVALID for an exporter or protocol that Parquetry does not have
 */
export function tracesWanted(env: Environment = process.env): boolean {
  const value = (name: string): string => env[name]?.trim() ?? '';
  const exporter = value('OTEL_TRACES_EXPORTER');
  if (value('OTEL_SDK_DISABLED').toLowerCase() === 'true' || exporter === 'none') return false;
  if (exporter !== '' && exporter !== 'otlp')
    throw invalid(`OTEL_TRACES_EXPORTER is "${exporter}".`, 'Parquetry has otlp and none.');
  const endpoint = value('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') || value('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (exporter === '' && endpoint === '') return false;
  tracesProtocol(env);
  return true;
}

/** The encoding of exported traces. @throws ParquetryError CONFIG_INVALID */
export function tracesProtocol(env: Environment = process.env): 'http/protobuf' | 'http/json' {
  const wanted = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  const protocol = wanted?.trim() || 'http/protobuf';
  if (protocol === 'http/protobuf' || protocol === 'http/json') return protocol;
  throw invalid(
    `OTEL_EXPORTER_OTLP_PROTOCOL is "${protocol}".`,
    'Parquetry has http/protobuf and http/json; the port is usually 4318.',
  );
}

function invalid(message: string, hint: string): ParquetryError {
  return new ParquetryError('CONFIG_INVALID', message, { hint });
}
