import { goText } from '../gotext';
import { describe } from './describe';

export const manageData = describe<'manageData'>({
  code: 10,
  name: 'manage_data',
  members: ['name', 'value'],
  fill(details, { dataName, dataValue }) {
    details['name'] = goText(dataName);
    details['value'] = dataValue === undefined ? null : Buffer.from(dataValue).toString('base64');
  },
});
