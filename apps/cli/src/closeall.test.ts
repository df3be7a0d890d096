import { closeAll } from './closeall';

it('closes everything in order, also after failures, which become notes', async () => {
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
  const notes: string[] = [];
  await closeAll(all, (line) => void notes.push(line));
  expect(notes.map((line) => /: (\w+)$/.exec(line)?.[1])).toEqual(['first', 'second']);
  expect(closed).toEqual(['worker', 'connection', 'traces', 'server']);
});
