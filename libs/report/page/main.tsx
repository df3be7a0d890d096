import { render } from 'preact';
import type { ReportData } from '../src/data';
import { Live } from './livepage';
import { Report } from './report';

const embedded = document.getElementById('report')?.textContent ?? '';
const app = document.getElementById('app');
if (app !== null)
  render(
    embedded === '' ? <Live /> : <Report data={JSON.parse(embedded) as ReportData} actions={undefined} />,
    app,
  );
