import { describe } from './describe';

export const inflation = describe<'inflation'>({
  code: 9,
  name: 'inflation',
  members: [],
  fill: () => undefined,
});
