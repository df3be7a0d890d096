import { ParquetryError } from './errors';
import { masked } from './uri';

const MESSAGE_TYPE = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/;
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

/** Why a message type can't name a dataset, or undefined when it can. */
export function messageTypeFault(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.includes('.')) return 'dots are kept for major versions (contract_data.v2)';
  if (!MESSAGE_TYPE.test(name)) return 'only letters, digits, "_" and "-" after a first letter, at most 128';
  if (WINDOWS_DEVICE.test(name)) return 'the name is a Windows device';
  return undefined;
}

/**
 * A message type becomes a folder, a table and a registry subject, so it is checked before it touches a path.
 * @throws ParquetryError MESSAGE_TYPE_INVALID
 */
export function assertMessageType(name: string): void {
  const fault = messageTypeFault(name);
  if (fault !== undefined)
    throw new ParquetryError(
      'MESSAGE_TYPE_INVALID',
      `${JSON.stringify(masked(name.slice(0, 140)))} can't be a message type: ${fault}.`,
    );
}
