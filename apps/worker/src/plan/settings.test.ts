import { DEFAULT_WRITE_SETTINGS } from '@parquetry/core';
import { segmentSettings } from './settings';

describe('the settings of a segment', () => {
  const settings = DEFAULT_WRITE_SETTINGS;
  const uri = 'ndjson:/messages/*.ndjson';

  it('have only the paths of their own type, for each of its majors', () => {
    const source = { uri, closeTime: { trade: 'at', swap: 'time' }, ledger: { trade: 'seq' } };
    const own = { ...settings, closeTimePath: 'at', ledgerPath: 'seq' };
    expect(segmentSettings({ source, settings }, 'trade')).toEqual(own);
    expect(segmentSettings({ source, settings }, 'trade.v2')).toEqual(own);
    expect(segmentSettings({ source, settings }, 'swap')).toEqual({ ...settings, closeTimePath: 'time' });
    // Names of built-in object properties are types like others.
    expect(segmentSettings({ source, settings }, 'constructor')).toEqual(settings);
  });

  it('record a type that was assigned to messages', () => {
    const forced = { uri, messageType: 'trade', defaultType: 'swap' };
    expect(segmentSettings({ source: forced, settings }, 'trade')).toEqual({ ...settings, givenType: 'all' });
    const source = { uri, defaultType: 'trade' };
    expect(segmentSettings({ source, settings }, 'trade')).toEqual({ ...settings, givenType: 'untyped' });
    expect(segmentSettings({ source, settings }, 'swap')).toEqual(settings);
  });

  it('equal those of the run when rows are not read from messages', () => {
    const source = { uri: 'galexie:/lake', closeTime: { ledgers: 'at' }, messageType: 'ledgers' };
    expect(segmentSettings({ source, settings }, 'ledgers')).toEqual(settings);
  });
});
