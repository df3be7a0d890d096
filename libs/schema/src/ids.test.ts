import { maxFieldId } from './ids';

describe('maxFieldId', () => {
  const field = (id: number) => ({ id, name: `f${id}`, type: { type: 'int64' }, nullable: true }) as const;

  it('is the greatest id at any level, for any number of fields', () => {
    expect(maxFieldId([])).toBe(0);
    const nested = { ...field(2), type: { type: 'struct', fields: [field(9)] } } as const;
    expect(maxFieldId([field(3), nested])).toBe(9);
    const many = Array.from({ length: 500_000 }, (_, index) => field(index + 1));
    expect(maxFieldId(many)).toBe(500_000);
  });
});
