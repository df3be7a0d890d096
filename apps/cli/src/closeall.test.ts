import { closeAll } from './closeall';

it('closes everything in order, also after failures, and throws the first one', async () => {
  const closed: string[] = [];
  const closing = (name: string, failure?: Error) => (): Promise<void> => {
    closed.push(name);
    return failure === undefined ? Promise.resolve() : Promise.reject(failure);
  };
  const all = [
    closing('worker', new Error('first')),
    () => undefined,
    closing('connection'),
    closing('traces', new Error('second')),
    closing('server'),
  ];
  await expect(closeAll(all)).rejects.toThrow('first');
  expect(closed).toEqual(['worker', 'connection', 'traces', 'server']);
});
