import { PYTHON } from '../support/python';
import { WEED } from '../support/servers';
import { runCampaign } from './script';

const stores = ['local', ...(WEED === undefined ? [] : ['s3'])];
const name = `readers of Iceberg tables see every row once while workers are killed (${stores.join()}; npm run faults -- --iceberg makes a long campaign)`;
const KILLS = 4;

const campaign = async (): Promise<void> => {
  const options = { kills: String(KILLS), seed: '5', lanes: '4', ledgers: '4', stores: stores.join() };
  const figures = (await runCampaign('iceberg.mjs', options)) as Record<
    'kills' | 'readings' | 'rows' | 'mostBehind',
    number
  >;
  expect(figures).toMatchObject({ missing: 0, doubled: 0, failures: [] });
  expect(figures.kills).toBeGreaterThanOrEqual(KILLS);
  expect(figures.rows).toBeGreaterThan(0);
  expect(figures.mostBehind).toBeLessThanOrEqual(1);
};

if (PYTHON === undefined) it.skip(`${name} [skipped: no Python with pyiceberg and deltalake]`, campaign);
else it(name, campaign, 900_000);
