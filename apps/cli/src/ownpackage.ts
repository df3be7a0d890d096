/** The part of package.json that commands show; npm adds `gitHead` to a published package. */
interface Package {
  readonly version: string;
  readonly gitHead?: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** This package. */
export const ownPackage = require('../package.json') as Package;

/** The build of this program: its version, and its commit if the package names it. */
export function ownBuild({ version, gitHead }: Omit<Package, 'dependencies'> = ownPackage): string {
  return gitHead === undefined ? version : `${version}-${gitHead.slice(0, 12)}`;
}
