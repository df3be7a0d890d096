import { completions } from './completions';

const TABLES = new Map([
  ['transactions', ['transaction_hash', 'ledger_sequence', 'fee_charged']],
  ['ledgers', ['sequence', 'closed_at']],
  ['ledgers.v2', ['sequence', 'closed_at', 'extra']],
]);
const found = (line: string): string[] => completions(line, TABLES)[0];

describe('completions', () => {
  it('are tables where a table follows', () => {
    expect(completions('select * from tr', TABLES)).toEqual([['transactions'], 'tr']);
    expect(found('select 1 from ledgers join ')).toEqual(['transactions', 'ledgers', 'ledgers.v2']);
    expect(found('SUMMARIZE LED')).toEqual(['ledgers', 'ledgers.v2']);
  });

  it('are columns of the tables in the line, else of all', () => {
    expect(found('from ledgers where c')).toEqual(['closed_at', 'COUNT(*)']);
    expect(found('select fee')).toEqual(['fee_charged']);
    expect(found('select transactions.l')).toEqual(['transactions.ledger_sequence']);
    expect(found('select "')).toContain('closed_at');
    expect(found('sel')).toEqual(['SELECT']);
    expect(found('select nothing_like_it')).toEqual([]);
  });

  it('are commands after a dot', () => {
    expect(found('.c')).toEqual(['.columns']);
    expect(completions('.columns le', TABLES)).toEqual([['ledgers', 'ledgers.v2'], 'le']);
  });
});
