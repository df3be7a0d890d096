import { checkpointDue } from './checkpoint';
import { TableState } from './state';

/** A table of `segments` empty segments, as many commits after its checkpoint. */
function emptySegments(segments: number, since: number): TableState {
  const state = new TableState();
  for (let index = 0; index < segments; index += 1) {
    const appId = `parquetry:${index}-${index}`;
    state.txns.set(appId, { appId, version: 0 });
    state.domains.set(`parquetry.segment.${index}-${index}`, `id-${index}`);
  }
  state.version = segments;
  state.checkpoint = segments - since;
  return state;
}

it('is due after as many commits as a tenth of a table, also when the table has no files', () => {
  expect(checkpointDue(emptySegments(100, 19))).toBe(false);
  expect(checkpointDue(emptySegments(100, 20))).toBe(true);
  // Every 20 commits, 100,000 empty partitions would write 5,000 checkpoints of up to 200,000 rows.
  expect(checkpointDue(emptySegments(5000, 499))).toBe(false);
  expect(checkpointDue(emptySegments(5000, 500))).toBe(true);
  expect(checkpointDue(emptySegments(100_000, 999))).toBe(false);
  expect(checkpointDue(emptySegments(100_000, 1000))).toBe(true);
});
