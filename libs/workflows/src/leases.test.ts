import { Leases } from './leases';

const ask = (leases: Leases, holder: string, limit = 2, token = `${holder}-1`): void =>
  leases.request({ holder, token, limit });
const holders = (leases: Leases): string[] => leases.state().held.map(({ holder }) => holder);

describe('the leases of an archive', () => {
  it('are granted in the order of the requests, up to the limit', () => {
    const leases = new Leases();
    for (const holder of ['a', 'b', 'c', 'd']) ask(leases, holder);
    expect(leases.grant(5)).toEqual([
      { holder: 'a', token: 'a-1', since: 5 },
      { holder: 'b', token: 'b-1', since: 5 },
    ]);
    expect([leases.ready, leases.grant(6)]).toEqual([false, []]);
    leases.release('a-1');
    expect(leases.grant(7)).toEqual([{ holder: 'c', token: 'c-1', since: 7 }]);
    expect(leases.heldSince(6)).toEqual([{ holder: 'b', token: 'b-1', since: 5 }]);
    for (const token of ['b-1', 'c-1', 'd-1']) leases.release(token);
    expect(leases.idle).toBe(true);
  });

  it('follow the newest limit: a lower one waits until enough are given back', () => {
    const leases = new Leases();
    for (const holder of ['a', 'b', 'c']) ask(leases, holder, 3);
    leases.grant(0);
    ask(leases, 'd', 1);
    for (const token of ['a-1', 'b-1']) leases.release(token);
    expect(leases.grant(1)).toEqual([]);
    leases.release('c-1');
    expect(leases.grant(1)).toHaveLength(1);
  });

  it('belong to one request of each workflow, however often it is sent', () => {
    const leases = new Leases();
    for (const holder of ['a', 'b', 'a', 'b', 'a']) ask(leases, holder, 1);
    expect(leases.state().waiting).toHaveLength(2);
    expect(leases.grant(0)).toHaveLength(1);
    // The answer was lost: it is granted again, before others.
    ask(leases, 'a', 1);
    expect(leases.grant(1)).toEqual([{ holder: 'a', token: 'a-1', since: 1 }]);
    // The workflow was started again while it had the lease; the end of the first one changes nothing.
    ask(leases, 'a', 1, 'a-2');
    leases.release('a-1');
    expect(leases.grant(2)).toEqual([{ holder: 'a', token: 'a-2', since: 2 }]);
    leases.release('a-1');
    expect(holders(leases)).toEqual(['a']);
    leases.release('a-2');
    expect(leases.grant(3)).toEqual([{ holder: 'b', token: 'b-1', since: 3 }]);
  });

  it('survive as a state', () => {
    const leases = new Leases();
    for (const holder of ['a', 'b', 'c']) ask(leases, holder);
    leases.grant(9);
    const copy = new Leases(JSON.parse(JSON.stringify(leases.state())) as ReturnType<Leases['state']>);
    expect(copy.state()).toEqual(leases.state());
  });
});
