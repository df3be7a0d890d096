import { PYTHON } from '../support/python';
import { FAKE_GCS, WEED } from '../support/servers';
import { runCampaign } from './script';

const stores = ['local', ...(WEED === undefined ? [] : ['s3']), ...(FAKE_GCS === undefined ? [] : ['gcs'])];
const without =
  stores.length === 3 ? '' : ` [without the stores whose servers are not here: ${stores.join()}]`;
const name = `loses and doubles nothing under faults in a short campaign (npm run faults makes a long one)${without}`;
/** The cheapest kinds; each store has some of these runs. */
const KINDS =
  'worker-step,store-time,store-half-open,credentials-refused,disk-full-step,two-runs,two-schedules';
const RUNS = 10;

describe('faults (invariant 1)', () => {
  const campaign = async (): Promise<void> => {
    const options = {
      runs: String(RUNS),
      from: '7',
      seed: '11',
      lanes: '4',
      stores: stores.join(),
      kinds: KINDS,
    };
    const sum = (await runCampaign('campaign.mjs', options)) as {
      faults: number;
      stores: Record<string, unknown>;
    };
    expect(sum).toMatchObject({ runs: RUNS, FAULT: 0, failures: [] });
    expect(sum.faults).toBeGreaterThanOrEqual(RUNS);
    expect(Object.keys(sum.stores).sort()).toEqual([...stores].sort());
  };
  if (PYTHON === undefined) it.skip(`${name} [skipped: no Python with pyarrow and deltalake]`, campaign);
  else it(name, campaign, 1_200_000);
});
