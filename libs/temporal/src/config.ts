import { existsSync } from 'node:fs';
import { types } from 'node:util';
import { ParquetryError, addSecret } from '@parquetry/core';
import type { ConnectionOptions } from '@temporalio/client';
import { API_KEY_FILE, apiKeyOf } from './apikey';
import { checkCertificates } from './certificates';
import { sdk } from './sdk';
import type { Environment } from './tools';
import { filled } from './tools';

/** The connection settings of the environment. `connectionOptions` may contain secrets: never print them. */
export interface TemporalConfig {
  /** False when no address is configured: then the embedded server is used. */
  readonly configured: boolean;
  /** `host:port`, when configured. */
  readonly address: string | undefined;
  /** Address, TLS, API key and metadata; fits `Connection.connect` and `NativeConnection.connect`. */
  readonly connectionOptions: ConnectionOptions & { readonly apiKey?: string };
  readonly namespace: string;
  /** The current API key, if it is read from a file. */
  readonly apiKey?: () => string;
}

/**
 * Reads the `temporal` CLI's own settings: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
 * `TEMPORAL_TLS…`, `TEMPORAL_PROFILE`, and the profiles of its TOML file (`TEMPORAL_CONFIG_FILE`). The API key may also
 * be in the file of `PARQUETRY_TEMPORAL_API_KEY_FILE`.
 * @throws ParquetryError CONFIG_INVALID for an unknown profile, an unreadable file or certificate, a bad value
 */
export function loadTemporalConfig(env: Environment = process.env): TemporalConfig {
  checkTlsSwitch(env);
  const apiKey = keyFile(env);
  const { connectionOptions, namespace } = load(
    apiKey === undefined ? env : { ...env, TEMPORAL_API_KEY: apiKey() },
  );
  hide(connectionOptions);
  const address = filled(connectionOptions.address) ? connectionOptions.address : undefined;
  if (address !== undefined && !/^[^\s/@]+:\d{1,5}$/.test(address))
    throw invalid(
      `"${address}" is not an address of a Temporal server`,
      'Write host:port, for example temporal.example.com:7233.',
    );
  const { tls } = connectionOptions;
  checkCertificates(tls);
  // The key would pass every network in between as plain text.
  if (address !== undefined && connectionOptions.apiKey !== undefined && !tls && !isLoopback(address))
    throw invalid('an API key needs TLS', 'Unset TEMPORAL_TLS, or set it to true.');
  return {
    configured: address !== undefined,
    address,
    connectionOptions: Object.fromEntries(
      Object.entries(connectionOptions).filter(([, value]) => value !== undefined),
    ),
    namespace: filled(namespace) ? namespace : 'default',
    ...(apiKey === undefined ? {} : { apiKey }),
  };
}

/** A profile of the TOML file has the same secrets as the environment: none of them may get into a text. */
function hide({ apiKey, metadata = {}, tls }: TemporalConfig['connectionOptions']): void {
  const key = typeof tls === 'object' ? tls?.clientCertPair?.key : undefined;
  for (const secret of [apiKey, key, ...Object.values(metadata)])
    if (secret !== undefined) addSecret(Buffer.from(secret).toString());
}

function keyFile(env: Environment): (() => string) | undefined {
  const file = env[API_KEY_FILE];
  if (!filled(file)) return undefined;
  if (filled(env['TEMPORAL_API_KEY']))
    throw invalid(`both ${API_KEY_FILE} and TEMPORAL_API_KEY are set`, 'Unset one of them.');
  return apiKeyOf(file);
}

function isLoopback(address: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\]):\d+$/.test(address);
}

function load(env: Environment): ReturnType<typeof sdk.loadClientConnectConfig> {
  const file = env['TEMPORAL_CONFIG_FILE'];
  if (filled(file) && !existsSync(file))
    throw invalid(`TEMPORAL_CONFIG_FILE is ${file}, which does not exist`, 'Correct or unset it.');
  const overrideEnvVars: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (filled(value)) overrideEnvVars[name] = value;
  try {
    return fromFileAndEnvironment(overrideEnvVars);
  } catch (error) {
    const why = types.isNativeError(error) ? error.message : String(error);
    throw invalid(
      `the Temporal settings can't be read: ${why}`,
      'Check TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE and the paths of TEMPORAL_TLS_*_PATH.',
    );
  }
}

function fromFileAndEnvironment(
  overrideEnvVars: Record<string, string>,
): ReturnType<typeof sdk.loadClientConnectConfig> {
  try {
    return sdk.loadClientConnectConfig({ overrideEnvVars });
  } catch (error) {
    // For a file without profiles (an empty one) the library reads a property of undefined; the file configures
    // nothing.
    const empty = types.isNativeError(error) && error.name === 'TypeError';
    if (!empty || overrideEnvVars['TEMPORAL_PROFILE'] !== undefined) throw error;
    return sdk.loadClientConnectConfig({ overrideEnvVars, disableFile: true });
  }
}

/** The library treats any other value, including `TRUE` and `yes`, as "off": an unintended plain-text connection. */
function checkTlsSwitch(env: Environment): void {
  const value = env['TEMPORAL_TLS'];
  if (filled(value) && !['1', '0', 'true', 'false'].includes(value))
    throw invalid(`TEMPORAL_TLS is "${value}"`, 'Write true or false, in lower case.');
}

function invalid(message: string, hint: string): ParquetryError {
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
  return new ParquetryError('CONFIG_INVALID', sentence, { hint });
}
