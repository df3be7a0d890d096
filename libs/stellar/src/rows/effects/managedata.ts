import type { Details } from '../details';
import { goText } from '../gotext';
import type { EffectsOf } from './describe';

export const manageData: EffectsOf<'manageData'> = (effects, { dataName }, at) => {
  for (const { before, after } of at.changes) {
    if ((after ?? before)?.data.type !== 'data') continue;
    const details: Details = { name: goText(dataName) };
    if (after?.data.type === 'data')
      details['value'] = Buffer.from(after.data.value.dataValue).toString('base64');
    if (before === undefined) effects.source('data_created', details);
    else effects.source(after === undefined ? 'data_removed' : 'data_updated', details);
    return;
  }
};
