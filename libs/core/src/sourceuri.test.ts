import { assertNoKey, isLedgerUri, isProcessorUri, ledgerLocations, sourceUrl } from './sourceuri';

describe('source URIs', () => {
  it('are ledgers or messages', () => {
    expect(['galexie:./lake', 'rpc:https://host', 'galexie:a,rpc:https://b'].map(isLedgerUri)).toEqual([
      true,
      true,
      true,
    ]);
    expect(['ndjson:a', 'https://host', 'processor:trades', 'archive:'].map(isLedgerUri)).toEqual(
      Array(4).fill(false),
    );
    expect(['https://host/p', 'http://host', 'processor:trades'].map(isProcessorUri)).toEqual([
      true,
      true,
      true,
    ]);
    expect(['ndjson:http:x', 'rpc:https://host', 'galexie:a'].map(isProcessorUri)).toEqual(
      Array(3).fill(false),
    );
  });

  it('name places of ledgers in order; a comma in a path is part of it', () => {
    expect(ledgerLocations('galexie:./a,b, rpc:https://host/p,galexie:s3://c/d')).toEqual([
      { kind: 'galexie', place: './a,b' },
      { kind: 'rpc', place: 'https://host/p' },
      { kind: 'galexie', place: 's3://c/d' },
    ]);
  });

  it('hold no secret: users, passwords and queries are refused and not quoted', () => {
    expect(sourceUrl('https://host:8000/a/b').href).toBe('https://host:8000/a/b');
    for (const text of [
      'https://user:s3cr3t@host/',
      'https://host/?key=s3cr3t',
      'https://host/#s3cr3t',
      'host/s3cr3t',
      'ftp://s3cr3t/',
      '',
    ])
      try {
        sourceUrl(text);
        throw new Error(`${text} was taken`);
      } catch (error) {
        expect(error).toMatchObject({ code: 'SOURCE_INVALID' });
        expect(JSON.stringify(error)).not.toContain('s3cr3t');
      }
  });

  it('have no API key in their path', () => {
    const key = 'Q7x0a1b2c3d4e5f6a7b8c9d0e1f2';
    for (const text of [
      `https://h/v1/${key}`,
      `https://h/${key}/x`,
      'https://h/6f1c8a52-9a5d-4c0e-8e86-0a6a4b1d2c3e',
    ])
      expect(() => assertNoKey(new URL(text))).toThrow(
        expect.objectContaining({
          code: 'SOURCE_INVALID',
          message: expect.not.stringContaining(key) as string,
        }),
      );
    for (const text of ['https://h/', 'https://h/v1/stellar-mainnet-archive/soroban', 'https://h/a/b.c/2025'])
      expect(() => assertNoKey(new URL(text))).not.toThrow();
  });
});
