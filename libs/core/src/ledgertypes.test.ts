import { DEFAULT_LEDGER_TYPES, LEDGER_TYPES, TYPE_GROUPS, expandTypes } from './ledgertypes';

describe('groups of message types', () => {
  it('hold each type once, and no group has the name of a type', () => {
    for (const [name, types] of TYPE_GROUPS) {
      expect(LEDGER_TYPES).not.toContain(name);
      expect(new Set(types).size).toBe(types.length);
    }
    expect(LEDGER_TYPES).toHaveLength(20);
    expect(new Set(LEDGER_TYPES).size).toBe(20);
  });

  it('expand in place, and a type named by two groups comes once', () => {
    expect(expandTypes(['all'])).toEqual(LEDGER_TYPES);
    expect(expandTypes(['contract_data', 'soroban', 'orders'])).toEqual([
      'contract_data',
      'contract_events',
      'token_transfers',
      'contract_code',
      'config_settings',
      'ttl',
      'restored_key',
      'orders',
    ]);
    expect(expandTypes(['history', 'state'])).toHaveLength(19);
    expect(expandTypes(DEFAULT_LEDGER_TYPES)).toEqual(DEFAULT_LEDGER_TYPES);
  });
});
