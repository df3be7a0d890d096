import {
  type Connected,
  type Poller,
  connectClient,
  devHome,
  findTemporalBinary,
  leftRecords,
  loadTemporalConfig,
  missingSearchAttributes,
  pollersOf,
  readDeployment,
  readDevServer,
} from '@parquetry/temporal';
import { TASK_QUEUE } from '@parquetry/workflows';
import { type Check, type Line, fault, ok, warning } from './finding';

/** Checks the configured server, or the embedded one: address, namespace, search attributes, workers. */
export function temporalCheck(timeoutMs: number): Check {
  return {
    name: 'temporal',
    run: async () => {
      const config = loadTemporalConfig();
      const { address, namespace, connectionOptions } = config;
      if (address !== undefined)
        return inspect(
          await connectClient({ address, namespace, connectionOptions }, timeoutMs),
          address,
          true,
        );
      const running = await readDevServer(devHome());
      if (running === undefined) return [await embedded()];
      return inspect(await connectClient(running, timeoutMs), running.address, false);
    },
  };
}

async function embedded(): Promise<Line> {
  const text = 'No address is configured: commands start an embedded server';
  return (await findTemporalBinary()) === undefined
    ? warning(
        `${text}, whose program is not installed yet.`,
        'The first command downloads it; without network, put the `temporal` program on PATH or set TEMPORAL_ADDRESS.',
      )
    : ok(`${text}.`);
}

async function inspect(connected: Connected, address: string, cluster: boolean): Promise<readonly Line[]> {
  const { connection, namespace } = connected;
  try {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    const pollers = await pollersOf(connected, TASK_QUEUE);
    return [
      ok(`Server ${serverVersion} at ${address}, namespace ${namespace}.`),
      await attributes(connected, pollers.length > 0),
      workers(pollers, cluster),
      ...(await deployments(connected, pollers)),
    ];
  } finally {
    await connection.close();
  }
}

async function attributes({ connection, namespace }: Connected, hasWorkers: boolean): Promise<Line> {
  const { names, commands } = await missingSearchAttributes(connection, namespace);
  if (names.length === 0) return ok('The namespace has all search attributes.');
  const text = `The namespace ${namespace} lacks the search attributes ${names.join(', ')}`;
  const add = commands.join('\n');
  return hasWorkers
    ? fault(`${text}: workflow tasks of the running workers fail.`, add)
    : warning(`${text}.`, `The first worker adds them if it may. Otherwise run:\n${add}`);
}

function workers(pollers: readonly Poller[], cluster: boolean): Line {
  if (pollers.length === 0)
    return cluster
      ? warning(
          `No worker polls the task queue ${TASK_QUEUE}: runs wait.`,
          'Start `parquetry worker` with the same address and namespace.',
        )
      : ok('No worker runs; commands start one when they need it.');
  const versions = new Map<string, number>();
  for (const { version = 'unversioned' } of pollers) versions.set(version, (versions.get(version) ?? 0) + 1);
  const counts = [...versions].map(([version, count]) => `${count} ${version}`);
  const names = pollers.map(({ identity }) => identity).slice(0, 5);
  return ok(
    `${pollers.length} ${pollers.length === 1 ? 'worker polls' : 'workers poll'} the task queue ${TASK_QUEUE}: ${counts.join(', ')} (${names.join(', ')}${pollers.length > names.length ? ', …' : ''}).`,
  );
}

/** Versioned workers get work only when one of their builds is the current one. */
async function deployments(connected: Connected, pollers: readonly Poller[]): Promise<Line[]> {
  const names = new Set(pollers.flatMap(({ deployment = [] }) => deployment));
  const found = await Promise.all([...names].map((name) => readDeployment(connected, name)));
  return found.flatMap((deployment) => {
    if (deployment === undefined) return [];
    const { name, current } = deployment;
    return current === undefined
      ? warning(
          `The deployment ${name} has no current build: its workers get no runs.`,
          `parquetry deployment set-current BUILD --temporal-deployment-name ${name}`,
        )
      : ok(`The current build of the deployment ${name} is ${current}.`);
  });
}

/** Checks for locks and records of dead processes in the folder of the embedded server. */
export const lockCheck: Check = {
  name: 'locks',
  run: async () => {
    const home = devHome();
    const left = await leftRecords(home);
    return left.length === 0
      ? [ok(`No locks of dead processes in ${home.root}.`)]
      : left.map((file) =>
          warning(
            `${file} belongs to a process that no longer runs.`,
            'The next command with the embedded server removes it; nothing needs to be done.',
          ),
        );
  },
};
