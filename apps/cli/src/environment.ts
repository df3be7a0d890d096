/** A variable that is not a setting: of Parquetry itself, or of a library that it uses. */
export interface Variable {
  readonly name: string;
  readonly doc: string;
}

/** Variables of Parquetry that are not settings. */
const OWN: readonly Variable[] = [
  { name: 'PARQUETRY_CONFIG', doc: 'the file of settings, as --config' },
  { name: 'PARQUETRY_HOME', doc: 'folder of the embedded Temporal server (default: .parquetry/)' },
  { name: 'PARQUETRY_CACHE', doc: 'cache of servers and of remote files (default: ~/.cache/parquetry)' },
  { name: 'PARQUETRY_PROCESSORS', doc: 'file with the commands of processor: sources' },
  {
    name: 'PARQUETRY_HTTP_HEADERS',
    doc: 'HTTP headers by origin, for API keys of rpc: and https: sources',
  },
  {
    name: 'PARQUETRY_CODEC_KEYS',
    doc: 'keys ID:KEY,ID:KEY that encrypt what Temporal keeps of runs; the first one encrypts',
  },
  { name: 'PARQUETRY_CODEC_KEYS_FILE', doc: 'file with them; it is read again when it changes' },
  {
    name: 'PARQUETRY_TEMPORAL_API_KEY_FILE',
    doc: 'file with the API key of Temporal; it is read again when it changes',
  },
  {
    name: 'PARQUETRY_UI_TOKEN',
    doc: 'token for the actions of the live page (--ui-actions), at least 16 characters',
  },
  { name: 'PARQUETRY_SIGNING_KEY', doc: 'private key (PEM) with which `attest` signs' },
  { name: 'PARQUETRY_S3_PATH_STYLE', doc: 'bucket in the path, not in the host name' },
  { name: 'PARQUETRY_S3_ANONYMOUS', doc: 'buckets on S3 that are read without credentials' },
  { name: 'PARQUETRY_S3_SSE', doc: 'server-side encryption: AES256 or aws:kms' },
  { name: 'PARQUETRY_S3_SSE_KMS_KEY_ID', doc: 'key of the encryption aws:kms' },
  {
    name: 'PARQUETRY_S3_SSE_C_KEYS',
    doc: 'customer-provided keys of buckets (SSE-C): BUCKET:KEY,BUCKET:KEY',
  },
  { name: 'PARQUETRY_S3_STORAGE_CLASS', doc: 'storage class of new objects on S3' },
  { name: 'PARQUETRY_S3_CHECKSUM', doc: 'none for servers that refuse the checksum header' },
  { name: 'PARQUETRY_S3_LISTING', doc: 'walk for servers that do not list keys in byte order' },
  { name: 'PARQUETRY_S3_PARTS', doc: 'uploads in parts on S3: auto, always or never' },
  { name: 'PARQUETRY_GCS_ANONYMOUS', doc: 'buckets on GCS that are read without credentials' },
  { name: 'PARQUETRY_GCS_SSE_KMS_KEY_ID', doc: 'Cloud KMS key of new objects' },
  { name: 'PARQUETRY_GCS_STORAGE_CLASS', doc: 'storage class of new objects on GCS' },
  { name: 'PARQUETRY_GCS_PARTS', doc: 'uploads in parts on GCS: auto, always or never' },
  { name: 'PARQUETRY_STORAGE_PART_BYTES', doc: 'size of an upload part, bytes' },
  { name: 'PARQUETRY_STORAGE_PARTS', doc: 'parts of one upload in memory' },
  { name: 'PARQUETRY_STORAGE_ATTEMPTS', doc: 'attempts per storage request' },
  { name: 'PARQUETRY_STORAGE_TIMEOUT', doc: 'seconds without a byte until a storage request is retried' },
];

/** Variables of the `temporal` CLI, the AWS SDK, Google's libraries and OpenTelemetry. */
const FOREIGN: readonly Variable[] = [
  { name: 'TEMPORAL_CONFIG_FILE', doc: 'TOML file with profiles (default: that of the temporal CLI)' },
  { name: 'TEMPORAL_PROFILE', doc: 'profile in that file (default: default)' },
  { name: 'TEMPORAL_API_KEY', doc: 'API key of Temporal Cloud' },
  { name: 'TEMPORAL_TLS', doc: 'true or false: connect with TLS' },
  { name: 'TEMPORAL_TLS_SERVER_NAME', doc: 'name in the server’s certificate' },
  { name: 'TEMPORAL_TLS_SERVER_CA_CERT_PATH', doc: 'certificate authority of the server' },
  { name: 'TEMPORAL_TLS_CLIENT_CERT_PATH', doc: 'client certificate (mTLS)' },
  { name: 'TEMPORAL_TLS_CLIENT_KEY_PATH', doc: 'key of the client certificate' },
  { name: 'TEMPORAL_TLS_CLIENT_KEY_DATA', doc: 'the same, as text' },
  { name: 'TEMPORAL_UI_URL', doc: 'address of the Web UI, for links' },
  {
    name: 'TEMPORAL_GRPC_META_…',
    doc: 'metadata of requests to Temporal, such as TEMPORAL_GRPC_META_AUTHORIZATION',
  },
  { name: 'AWS_ENDPOINT_URL_S3', doc: 'address of an S3 server that is not AWS' },
  { name: 'AWS_ENDPOINT_URL', doc: 'the same, for all AWS services' },
  { name: 'AWS_REGION', doc: 'region of S3 buckets' },
  { name: 'AWS_PROFILE', doc: 'profile with AWS credentials' },
  { name: 'AWS_ACCESS_KEY_ID', doc: 'access key' },
  { name: 'AWS_SECRET_ACCESS_KEY', doc: 'secret of the access key' },
  { name: 'AWS_SESSION_TOKEN', doc: 'token of temporary AWS credentials' },
  { name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN', doc: 'token for credentials from a container’s endpoint' },
  { name: 'GOOGLE_APPLICATION_CREDENTIALS', doc: 'file with Google Cloud credentials' },
  { name: 'ICEBERG_CATALOG_TOKEN', doc: 'bearer token of the REST catalog for `iceberg register`' },
  { name: 'STORAGE_EMULATOR_HOST', doc: 'address of a GCS emulator' },
  { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', doc: 'collector that gets traces, such as http://collector:4318' },
  { name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', doc: 'the same, with the whole path' },
  { name: 'OTEL_EXPORTER_OTLP_PROTOCOL', doc: 'http/protobuf (default) or http/json' },
  { name: 'OTEL_EXPORTER_OTLP_HEADERS', doc: 'headers for the collector' },
  { name: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS', doc: 'the same, for traces only' },
  { name: 'OTEL_SERVICE_NAME', doc: 'service name in traces (default: parquetry)' },
  { name: 'OTEL_RESOURCE_ATTRIBUTES', doc: 'attributes of this process in traces' },
  { name: 'OTEL_TRACES_SAMPLER', doc: 'sampler, such as parentbased_traceidratio' },
  { name: 'OTEL_TRACES_SAMPLER_ARG', doc: 'its argument, such as 0.1' },
  { name: 'OTEL_SDK_DISABLED', doc: 'true turns traces off' },
];

/** All variables that matter and are not settings, for `help environment` and `config show`. */
export const VARIABLES: readonly Variable[] = [...OWN, ...FOREIGN];
