import { Faults } from './faults';

const failure = (step: string, code: string): Parameters<Faults['add']>[0] => ({
  step,
  code,
  message: `${step} failed`,
});

describe('Faults', () => {
  it('retries transient failures after a quiet time', () => {
    const faults = new Faults();
    faults.add(failure('nextPartitions', 'STORAGE_UNREACHABLE'));
    expect([faults.holds('nextPartitions'), faults.waiting, faults.final]).toEqual([true, true, undefined]);
    faults.passed();
    expect([faults.holds('nextPartitions'), faults.waiting]).toEqual([false, false]);
    // It is shown until it succeeds.
    expect(faults.list()).toHaveLength(1);
    faults.clear('nextPartitions');
    expect(faults.list()).toEqual([]);
  });

  it('holds final failures until a person resumes the run', () => {
    const faults = new Faults();
    faults.add(failure('nextPartitions', 'PERMISSION_DENIED'));
    faults.passed();
    expect(faults.holds('nextPartitions')).toBe(true);
    faults.add(failure('summarize', 'LOG_CORRUPT'));
    expect(faults.final).toMatchObject({ step: 'summarize', code: 'LOG_CORRUPT', final: true });
    faults.release();
    expect([faults.holds('nextPartitions'), faults.final, faults.list().length]).toEqual([
      false,
      undefined,
      2,
    ]);
  });

  it.each([
    ['nextPartitions', 'STEP_TIMED_OUT', false],
    ['nextPartitions', 'INTERNAL', false],
    ['nextPartitions', 'toString', false],
    // A failed look for quiet partitions needs no person.
    ['inspect', 'PERMISSION_DENIED', false],
    ['summarize', 'VERIFY_MISMATCH', true],
  ])('%s that fails with %s waits for a person: %s', (step, code, final) => {
    const faults = new Faults();
    faults.add(failure(step, code));
    expect(faults.list()).toMatchObject([{ step, code, final }]);
  });
});
