import { PYTHON } from '../support/python';
import { FAKE_GCS, WEED } from '../support/servers';
import { runCampaign } from './script';

const stores = ['local', ...(WEED === undefined ? [] : ['s3']), ...(FAKE_GCS === undefined ? [] : ['gcs'])];
const without =
  stores.length === 3 ? '' : ` [without the stores whose servers are not here: ${stores.join()}]`;
const name = `loses and doubles nothing in a short crash campaign (npm run faults makes a long one)${without}`;
const RUNS = 7;

describe('kill -9 (invariant 1)', () => {
  const campaign = async (): Promise<void> => {
    const options = { runs: String(RUNS), seed: '11', lanes: '5', stores: stores.join() };
    const figures = (await runCampaign('campaign.mjs', options)) as {
      kills: number;
      stores: Record<string, { runs: number }>;
    };
    const none = { duplicates: 0, losses: 0, otherBytes: 0, disagreements: 0, failures: [] };
    expect(figures).toMatchObject({ runs: RUNS, ...none });
    expect(figures.kills).toBeGreaterThanOrEqual(RUNS);
    expect(Object.keys(figures.stores).sort()).toEqual([...stores].sort());
  };
  if (PYTHON === undefined) it.skip(`${name} [skipped: no Python with pyarrow and deltalake]`, campaign);
  else it(name, campaign, 1_200_000);
});
