import type { AddressInfo } from 'node:net';
import { serveHealth } from './health';
import { hostAndPort } from './parsers';
import { setting } from './settings';

describe('HTTP endpoints', () => {
  it.each(['metrics', 'health', 'ui'])('%s is off unless it gets an address', (name) => {
    expect(setting(name).default).toBeUndefined();
  });

  it('need a host: a port alone would listen on every address', () => {
    for (const text of ['9464', ':9464', '*:9464', ''])
      expect(() => hostAndPort(text)).toThrow(/Expected an address/);
    for (const text of ['127.0.0.1:9464', '[::1]:9464', '0.0.0.0:9464']) expect(hostAndPort(text)).toBe(text);
  });

  it('listen on the given address only', async () => {
    const server = await serveHealth('127.0.0.1:0', () => undefined);
    try {
      expect((server.address() as AddressInfo).address).toBe('127.0.0.1');
    } finally {
      server.close();
    }
  });
});
