import { RemoteStore } from '../remote/store';
import { remoteSettings, type StoreOptions } from '../settings';
import { GcsDriver } from './driver';

/** Objects of a Google Cloud Storage bucket, or of an emulator. */
export class GcsStore extends RemoteStore {
  /** `prefix` without slashes at its ends; `''` is the whole bucket. */
  constructor(bucket: string, prefix: string, options: StoreOptions = {}) {
    const settings = remoteSettings('gs', bucket, options);
    super('gs', prefix, new GcsDriver(bucket, settings), settings);
  }
}
