import { parseStorageUri } from '@parquetry/core';
import { remoteSettings } from './settings';

/** Address of the service of a remote location, undefined for a local one. @throws ParquetryError CONFIG_INVALID */
export function serviceAddress(uri: string): string | undefined {
  const location = parseStorageUri(uri);
  if (location.scheme === 'file') return undefined;
  const { endpoint, region } = remoteSettings(location.scheme, location.bucket, {});
  if (endpoint !== undefined) return endpoint;
  return location.scheme === 'gs'
    ? 'https://storage.googleapis.com'
    : `https://s3.${region ?? 'us-east-1'}.amazonaws.com`;
}
