import { addSecret, hideSecrets, withoutSecrets } from './secrets';

const KEY = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----';

describe('withoutSecrets', () => {
  it.each([
    ['TEMPORAL_API_KEY', 'tmprl_0123456789', 'tmprl_0123456789'],
    [
      'PARQUETRY_HTTP_HEADERS',
      '{"https://a.example":{"Authorization":"Bearer abcdefgh01234567"}}',
      'abcdefgh01234567',
    ],
    ['PARQUETRY_HTTP_HEADERS', '{"https://a.example":{":path":"/v1/abcdefgh01234567"}}', 'abcdefgh01234567'],
    ['TEMPORAL_TLS_CLIENT_KEY_DATA', KEY, 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'],
    [
      'PARQUETRY_CODEC_KEYS',
      'new:QUJDREVGR0hJSktMTU5PUA==,old:c2VjcmV0c2VjcmV0c2VjcmV0',
      'c2VjcmV0c2VjcmV0c2VjcmV0',
    ],
    ['PARQUETRY_SIGNING_KEY', KEY, 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'],
    ['PARQUETRY_S3_SSE_C_KEYS', 'lake:QUJDREVGR0hJSktMTU5PUA==', 'QUJDREVGR0hJSktMTU5PUA=='],
    ['TEMPORAL_GRPC_META_AUTHORIZATION', 'Bearer abcdefgh01234567', 'abcdefgh01234567'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x-team=a,x-api-key=abcdefgh01234567', 'abcdefgh01234567'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'Authorization=Basic%20YWJjZGVmZ2g6MDEyMw==', 'YWJjZGVmZ2g6MDEyMw=='],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x-api-key=abc%2Fdefghij%3D%3D', 'abc/defghij=='],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'x-api-key=abcdefgh89012345', 'abcdefgh89012345'],
    ['AWS_ACCESS_KEY_ID', 'AKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE'],
    ['AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/K7MDENG', 'wJalrXUtnFEMI/K7MDENG'],
  ])('hides %s, whole and in parts', (name, value, part) => {
    expect(withoutSecrets(`a ${part} b ${value} c`, { [name]: value })).toBe('a *** b *** c');
  });

  it('hides what was read from a file, also one that was read later', () => {
    const hide = hideSecrets({});
    addSecret('old:c2VjcmV0b2xkb2xkb2xk,new:c2VjcmV0bmV3bmV3bmV3\n');
    expect(hide('a c2VjcmV0b2xkb2xkb2xk b c2VjcmV0bmV3bmV3bmV3 new:')).toBe('a *** b *** new:');
    expect(withoutSecrets('the key c2VjcmV0bmV3bmV3bmV3', {})).toBe('the key ***');
  });

  it('keeps words, names of headers and origins', () => {
    const text = 'Run `parquetry backfill`: Authorization for https://a.example is missing (Bearer).';
    const env = {
      AWS_ACCESS_KEY_ID: 'parquetry',
      AWS_SECRET_ACCESS_KEY: '',
      PARQUETRY_HTTP_HEADERS: '{"https://a.example":{"Authorization":"Bearer abcdefgh01234567"}}',
    };
    expect(withoutSecrets(text, env)).toBe(text);
    expect(withoutSecrets(text, { PARQUETRY_HTTP_HEADERS: '{"https://a' })).toBe(text);
  });
});
