import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ManagedStore, openStore, type StoreOptions } from '@parquetry/storage';
import { type FaultProxy, startFaultProxy } from '../support/faultproxy';
import { startS3, type StorageServer, WEED } from '../support/servers';

const MIB = 1 << 20;
const OPTIONS: StoreOptions = { parts: 'always', partBytes: 5 * MIB, partsInFlight: 2, backoffMs: 1 };
const KEYS = ['first-key', 'renewed-key'].map((accessKey) => ({
  accessKey,
  secretKey: `${accessKey}-secret`,
}));

(WEED === undefined ? describe.skip : describe)(
  'credentials of a file that expire during an upload in parts [skipped without PARQUETRY_WEED]',
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'parquetry-expired-'));
    const credentials = path.join(folder, 'credentials');
    const file = path.join(folder, 'big.bin');
    const bytes = randomBytes(23 * MIB + 17);
    const expected = { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
    const saved = { ...process.env };
    let server: StorageServer;
    let proxy: FaultProxy;
    const renew = (number: number): void => {
      const { accessKey, secretKey } = KEYS[number]!;
      writeFileSync(
        credentials,
        `[default]\naws_access_key_id=${accessKey}\naws_secret_access_key=${secretKey}\n`,
      );
    };

    beforeAll(async () => {
      writeFileSync(file, bytes);
      process.env = {
        ...saved,
        AWS_SHARED_CREDENTIALS_FILE: credentials,
        AWS_CONFIG_FILE: path.join(folder, 'none'),
      };
      for (const name of Object.keys(process.env))
        if (/^AWS_(ACCESS|SECRET|SESSION|PROFILE)/.test(name)) delete process.env[name];
      const everything = { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::*' };
      const policies = [JSON.stringify({ Version: '2012-10-17', Statement: [everything] })];
      server = await startS3([{ name: 'both', credentials: KEYS, policies }]);
      await server.createBucket('expired');
      proxy = await startFaultProxy(server.endpoint, () => undefined);
    }, 60_000);
    afterAll(async () => {
      await proxy.stop();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
      process.env = saved;
    });

    const store = (root: string, endpoint: string): ManagedStore =>
      openStore(`s3://expired/${root}`, { ...OPTIONS, endpoint, region: root });
    /** Keys of objects, and of uploads that are not finished. */
    const seen = async (root: string): Promise<{ objects: string[]; pending: string[] }> => {
      const direct = store(root, server.endpoint);
      const [objects, pending]: [string[], string[]] = [[], []];
      for await (const { key } of direct.list('')) objects.push(key);
      for await (const { key } of direct.pendingUploads('')) pending.push(key);
      return { objects, pending };
    };
    /** From the second part on, the first key has expired. */
    const expireAtPart2 = (onRefusal: () => void): void => {
      let expired = false;
      proxy.plan = ({ url, authorization }) => {
        expired ||= url.includes('partNumber=2');
        if (!expired || !authorization?.includes(`Credential=${KEYS[0]!.accessKey}/`)) return undefined;
        onRefusal();
        return 'expired-token';
      };
    };

    it.each([
      ['later', { objects: [], pending: ['big'] }],
      ['at once', { objects: [], pending: [] }],
    ])(
      'renewed %s: it fails as PERMISSION_DENIED, and its retry leaves one whole object',
      async (when, left) => {
        const root = when.replace(' ', '-');
        renew(0);
        expireAtPart2(() => when === 'at once' && renew(1));
        const upload = (): Promise<string> =>
          // A retry of the step opens the store again.
          store(root, proxy.endpoint).uploadIfAbsent('big', file, expected);
        await expect(upload()).rejects.toMatchObject({ code: 'PERMISSION_DENIED', retryable: false });
        // Before a renewal the upload can't be aborted either.
        expect(await seen(root)).toEqual(left);
        renew(1);
        expect(await upload()).toBe('created');
        expect(await seen(root)).toEqual({ objects: ['big'], pending: [] });
        expect(await store(root, server.endpoint).sha256('big')).toBe(expected.sha256);
        expect(proxy.done.get('expired-token')).toBeGreaterThan(0);
      },
      60_000,
    );
  },
);
