import type { Define } from '../cli';
import { DEPLOYMENT_SETTINGS, type DeploymentOptions, withDeployment } from '../deployments';
import type { Output } from '../output';

/** Means the workers that have no build. */
const UNVERSIONED = 'unversioned';

/** `parquetry deployment set-current` */
export const define: Define = ({ command, output, run }) =>
  command('set-current', 'start new partitions on a build, and move runs and tails to it')
    .argument('<build>', `build of running workers, or \`${UNVERSIONED}\`: workers without Worker Versioning`)
    .writes()
    .settings(DEPLOYMENT_SETTINGS)
    .example('parquetry deployment set-current 0.1.0-1a2b3c4d5e6f')
    .action((build: string, options: DeploymentOptions) =>
      run(() => deploymentSetCurrent(build, options, output)),
    );

async function deploymentSetCurrent(
  build: string,
  options: DeploymentOptions,
  output: Output,
): Promise<number> {
  const { setCurrentBuild } = require('@parquetry/temporal') as typeof import('@parquetry/temporal');
  return withDeployment(options, output, async (session, { name, current: before }) => {
    const wanted = build === UNVERSIONED ? undefined : build;
    await setCurrentBuild(session, name, wanted);
    const left = before === undefined || before === wanted ? '' : ` Partitions of ${before} end there.`;
    const now =
      wanted === undefined
        ? `No build of ${name} is current: unversioned workers get the work.`
        : `Build ${wanted} of ${name} is the current one.`;
    output.say(`${now}${left}`);
    output.document({ deployment: name, current: wanted ?? null, before: before ?? null });
    return 0;
  });
}
