import type { Define } from '../cli';
import { DEPLOYMENT_SETTINGS, type DeploymentOptions, withDeployment } from '../deployments';
import type { Output } from '../output';

/** `parquetry deployment show` */
export const define: Define = ({ command, output, run }) =>
  command('show', 'list the builds of a worker deployment')
    .settings(DEPLOYMENT_SETTINGS)
    .example('parquetry deployment show')
    .action((options: DeploymentOptions) => run(() => deploymentShow(options, output)));

async function deploymentShow(options: DeploymentOptions, output: Output): Promise<number> {
  return withDeployment(options, output, async (_, { name, current, builds }) => {
    output.table(
      ['build', 'status'],
      builds.map(({ id, status }) => [id, status]),
    );
    output.note(
      current === undefined
        ? 'No build is current: runs wait for unversioned workers. ' +
            `\`parquetry deployment set-current BUILD --temporal-deployment-name ${name}\` chooses one.`
        : 'Workers of a drained build may be stopped; those of a draining one still have partitions.',
    );
    output.document({ deployment: name, current: current ?? null, builds });
    return 0;
  });
}
