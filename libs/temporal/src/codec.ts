import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ParquetryError } from '@parquetry/core';
import { sdk } from './sdk';
import { type Environment, filled } from './tools';
import { watchedFile } from './watchedfile';

/** The key list as text, and a file with it. */
const KEYS = 'PARQUETRY_CODEC_KEYS';
const KEYS_FILE = 'PARQUETRY_CODEC_KEYS_FILE';

/** The names that Temporal's samples of an encrypting codec have. */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A payload of Temporal: a value with how it is encoded. */
export interface Payload {
  metadata?: Record<string, Uint8Array> | null;
  data?: Uint8Array | null;
}

/** Keys by id; the first one encrypts, all of them decrypt. */
type Keys = ReadonlyMap<string, Buffer>;

/**
 * Encrypts what Temporal keeps of a run with AES-256-GCM: inputs, results, signals, queries, summaries, heartbeats and
 * the texts of failures. The id of the key is in the payload's metadata. Without keys it encrypts nothing, and refuses
 * encrypted payloads with a clear error.
 */
export class PayloadCodec {
  constructor(private readonly keys: () => Keys) {}

  /** Whether it encrypts. */
  get encrypts(): boolean {
    return this.keys().size > 0;
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    const [first] = this.keys();
    return Promise.resolve(
      first === undefined ? payloads : payloads.map((payload) => encrypt(payload, ...first)),
    );
  }

  // Asynchronous, so that its errors are rejections.
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.open(payload));
  }

  /** Decrypts, in place, all payloads and failures in an answer of the server: those of a history are decoded nowhere else. */
  openAll(value: unknown): void {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
    if (isEncrypted(value as Payload)) Object.assign(value, this.open(value as Payload));
    else for (const part of Object.values(value)) this.openAll(part);
    const { encodedAttributes: texts } = value as { encodedAttributes?: Payload | null };
    if (texts?.data) Object.assign(value, failureTexts(texts.data));
  }

  private open(payload: Payload): Payload {
    if (!isEncrypted(payload)) return payload;
    const id = text(payload.metadata?.[KEY_ID]);
    const key = this.keys().get(id);
    if (key === undefined)
      throw unreadable(`is encrypted with the key "${id}", which this process does not have`, id);
    try {
      return decrypt(payload.data ?? new Uint8Array(), key);
    } catch {
      throw unreadable(
        `can't be decrypted with the key "${id}": the key differs, or the payload was changed`,
        id,
      );
    }
  }
}

/**
 * The codec of a process, from `PARQUETRY_CODEC_KEYS` or the file of `PARQUETRY_CODEC_KEYS_FILE`, which is read again
 * when it changes. The list is `ID:KEY` with commas or lines between, keys of 32 bytes in base64 or hex.
 * @throws ParquetryError CONFIG_INVALID; the message has no key
 */
export function payloadCodec(env: Environment = process.env): PayloadCodec {
  const [list, file] = [env[KEYS], env[KEYS_FILE]];
  if (filled(list) && filled(file)) throw invalid(`${KEYS} and ${KEYS_FILE} are both set`);
  if (filled(file)) {
    const read = watchedFile(file, (content) => readKeys(content, KEYS_FILE));
    if (read === undefined) throw invalid(`the file of ${KEYS_FILE} can't be read or is empty`);
    return new PayloadCodec(read);
  }
  const keys = readKeys(list ?? '', KEYS) ?? new Map<string, Buffer>();
  return new PayloadCodec(() => keys);
}

/** Undefined for an empty list. @throws ParquetryError CONFIG_INVALID */
function readKeys(list: string, variable: string): Keys | undefined {
  const keys = new Map<string, Buffer>();
  for (const entry of list.split(/[\s,]+/).filter((part) => part !== '')) {
    const [, id = '', encoded = ''] = /^([\w.-]{1,64}):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry) ?? [];
    const key = Buffer.from(encoded, /^[\da-f]{64}$/i.test(encoded) ? 'hex' : 'base64');
    if (key.length !== 32 || keys.has(id))
      throw invalid(`${variable} has an entry that is not ID:KEY, or an id twice`);
    keys.set(id, key);
  }
  return keys.size === 0 ? undefined : keys;
}

function encrypt(payload: Payload, id: string, key: Buffer): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const plain = sdk.Payload.encode(payload).finish();
  const data = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(id) }, data };
}

function decrypt(data: Uint8Array, key: Buffer): Payload {
  const end = data.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(data.subarray(end));
  return sdk.Payload.decode(Buffer.concat([decipher.update(data.subarray(IV_BYTES, end)), decipher.final()]));
}

/** The texts of a failure that were sent as a payload. */
function failureTexts(data: Uint8Array): { readonly message?: string; readonly stackTrace?: string } {
  const texts = JSON.parse(text(data)) as { message?: string; stack_trace?: string };
  return {
    ...(texts.message === undefined ? {} : { message: texts.message }),
    ...(texts.stack_trace === undefined ? {} : { stackTrace: texts.stack_trace }),
  };
}

function isEncrypted({ metadata }: Payload): boolean {
  return metadata?.['encoding'] instanceof Uint8Array && text(metadata['encoding']) === ENCODING;
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}

function unreadable(why: string, key: string): ParquetryError {
  return new ParquetryError('PAYLOAD_UNREADABLE', `A payload in Temporal ${why}.`, {
    details: { key },
    hint: `Add the key to ${KEYS}, or to the file of ${KEYS_FILE}, of every worker and client; a key stays in the list as long as histories have it.`,
  });
}

function invalid(why: string): ParquetryError {
  return new ParquetryError('CONFIG_INVALID', `${why.charAt(0).toUpperCase()}${why.slice(1)}.`, {
    hint: 'Write ID:KEY,ID:KEY; the first key encrypts. A key: openssl rand -base64 32.',
  });
}
