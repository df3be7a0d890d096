import { ParquetryError } from '@parquetry/core';
import { watchedFile } from './watchedfile';

/** Names the file with the API key of Temporal; it is read again when it changes, so keys rotate without a restart. */
export const API_KEY_FILE = 'PARQUETRY_TEMPORAL_API_KEY_FILE';

/** The key in a file, now and after each rotation. @throws ParquetryError CONFIG_INVALID when there is no key at first */
export function apiKeyOf(file: string): () => string {
  const read = watchedFile(file, (content) => (content.trim() === '' ? undefined : content.trim()));
  if (read !== undefined) return read;
  throw new ParquetryError('CONFIG_INVALID', `${API_KEY_FILE} is ${file}, which has no API key.`, {
    hint: 'The file has the key as its only line; the process must be able to read it.',
  });
}
