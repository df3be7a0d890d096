import type { Define } from '../cli';
import { DEPLOYMENT_SETTINGS, type DeploymentOptions, withDeployment } from '../deployments';
import type { Output } from '../output';

/** `parquetry deployment set-current` */
export const define: Define = ({ command, output, run }) =>
  command('set-current', 'start new partitions on a build, and move runs and tails to it')
    .argument('<build>', 'build of running workers')
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
    await setCurrentBuild(session, name, build);
    const left = before === undefined || before === build ? '' : ` Partitions of ${before} end there.`;
    output.say(`Build ${build} of ${name} is the current one.${left}`);
    output.document({ deployment: name, current: build, before: before ?? null });
    return 0;
  });
}
