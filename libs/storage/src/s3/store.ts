import { RemoteStore } from '../remote/store';
import { remoteSettings, type StoreOptions } from '../settings';
import { S3Driver } from './driver';

/** Objects of an S3 bucket, or of an S3-compatible server with conditional writes. */
export class S3Store extends RemoteStore {
  /** `prefix` without slashes at its ends; `''` is the whole bucket. */
  constructor(bucket: string, prefix: string, options: StoreOptions = {}) {
    const settings = remoteSettings('s3', bucket, options);
    super('s3', prefix, new S3Driver(bucket, settings), settings);
  }
}
