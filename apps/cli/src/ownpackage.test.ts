import { ownBuild } from './ownpackage';

it('the build of a program is its version, with its commit if the package names it', () => {
  expect(ownBuild({ version: '1.2.3' })).toBe('1.2.3');
  expect(ownBuild({ version: '1.2.3', gitHead: '0123456789abcdef0123456789abcdef01234567' })).toBe(
    '1.2.3-0123456789ab',
  );
});
