import { remoteSettings } from './settings';

describe('remoteSettings', () => {
  it('has defaults', () => {
    expect(remoteSettings('s3', 'b', {}, {})).toEqual({
      endpoint: undefined,
      region: undefined,
      pathStyle: false,
      anonymous: false,
      serverSideEncryption: undefined,
      kmsKeyId: undefined,
      customerKey: undefined,
      storageClass: undefined,
      checksum: 'sha256',
      listing: 'auto',
      parts: 'auto',
      partBytes: 8 << 20,
      partsInFlight: 3,
      attempts: 6,
      timeoutMs: 60_000,
      backoffMs: 250,
    });
  });

  it('reads the documented names; options take precedence', () => {
    const env = {
      AWS_ENDPOINT_URL: 'http://general:1',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000/',
      AWS_REGION: 'eu-west-1',
      PARQUETRY_S3_SSE: 'aws:kms',
      PARQUETRY_S3_SSE_KMS_KEY_ID: 'key',
      PARQUETRY_S3_STORAGE_CLASS: 'STANDARD_IA',
      PARQUETRY_S3_CHECKSUM: 'none',
      PARQUETRY_S3_LISTING: 'walk',
      PARQUETRY_STORAGE_PART_BYTES: '5242880',
      PARQUETRY_STORAGE_PARTS: '7',
      PARQUETRY_STORAGE_ATTEMPTS: '2',
      PARQUETRY_STORAGE_TIMEOUT: '5',
    };
    expect(remoteSettings('s3', 'b', { region: 'us-east-2' }, env)).toMatchObject({
      endpoint: 'http://127.0.0.1:9000',
      region: 'us-east-2',
      pathStyle: true,
      serverSideEncryption: 'aws:kms',
      kmsKeyId: 'key',
      storageClass: 'STANDARD_IA',
      checksum: 'none',
      listing: 'walk',
      partBytes: 5 << 20,
      partsInFlight: 7,
      attempts: 2,
      timeoutMs: 5000,
    });
    expect(remoteSettings('s3', 'b', {}, { ...env, PARQUETRY_S3_PATH_STYLE: '0' }).pathStyle).toBe(false);
    const gcs = remoteSettings('gs', 'b', {}, { ...env, STORAGE_EMULATOR_HOST: 'localhost:4443' });
    expect(gcs).toMatchObject({
      endpoint: 'http://localhost:4443',
      parts: 'auto',
      storageClass: undefined,
    });
  });

  it.each([
    ['1', true],
    ['true', true],
    ['0', false],
    ['', false],
    ['other, lake', true],
    ['other', false],
  ])('resolves PARQUETRY_S3_ANONYMOUS=%j for the bucket "lake" to %j', (value, expected) => {
    expect(remoteSettings('s3', 'lake', {}, { PARQUETRY_S3_ANONYMOUS: value }).anonymous).toBe(expected);
  });

  it('finds the customer key of a bucket, and sends it only over TLS or to this machine', () => {
    const [own, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)].map((key) => key.toString('base64'));
    const env = { PARQUETRY_S3_SSE_C_KEYS: `lake:${own},other:${other}` };
    const keyOf = (bucket: string, endpoint?: string): string | undefined =>
      remoteSettings('s3', bucket, endpoint === undefined ? {} : { endpoint }, env).customerKey;
    expect([keyOf('lake'), keyOf('other'), keyOf('ledgers')]).toEqual([own, other, undefined]);
    for (const endpoint of [
      'https://s3.example.com',
      'http://127.0.0.1:9000',
      'http://localhost',
      'http://[::1]:1',
    ])
      expect(keyOf('lake', endpoint)).toBe(own);
    for (const endpoint of [
      'http://s3.example.com',
      'http://127.0.0.1.example.com',
      'http://localhost.example.com',
    ])
      expect(() => keyOf('lake', endpoint)).toThrow('needs an https endpoint');
    expect(keyOf('ledgers', 'http://s3.example.com')).toBeUndefined();
    expect(remoteSettings('gs', 'lake', {}, env).customerKey).toBeUndefined();
  });

  it.each([
    ['PARQUETRY_S3_SSE_C_KEYS', 'hunter2'],
    ['PARQUETRY_S3_SSE_C_KEYS', 'b:hunter2'],
    ['PARQUETRY_S3_SSE_C_KEYS', `other:${Buffer.from('hunter2').toString('base64')}`],
    // A key without its bucket must not count as a bucket.
    ['PARQUETRY_S3_SSE_C_KEYS', Buffer.alloc(32, 'hunter2').toString('base64')],
    ['PARQUETRY_S3_CHECKSUM', 'md5'],
    ['PARQUETRY_S3_PATH_STYLE', 'maybe'],
    ['PARQUETRY_STORAGE_PART_BYTES', '1'],
    ['PARQUETRY_STORAGE_PARTS', '1e3'],
    ['AWS_ENDPOINT_URL_S3', 'https://user:hunter2@host'],
    ['AWS_ENDPOINT_URL_S3', 'https://host/?token=hunter2'],
    ['AWS_ENDPOINT_URL', 'hunter2'],
  ])('refuses %s=%s and does not repeat the value', (name, value) => {
    let error: unknown;
    try {
      remoteSettings('s3', 'b', {}, { [name]: value });
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
  });
});
