// Programs that goals are compared with and that are no part of the product: each in a folder with a lock file of its own, installed when asked for.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Unavailable } from './servers.mjs';

const run = promisify(execFile);
const LIMIT_MS = 5 * 60_000;

/** The folder of a peer whose packages are installed as its lock file says. Rejects with Unavailable where that is impossible. */
export async function installPeer(name) {
  const folder = join(import.meta.dirname, name);
  if (isInstalled(folder)) return folder;
  try {
    // Not as a part of this package: npm would look for the root's own settings.
    await run('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      timeout: LIMIT_MS,
    });
  } catch (error) {
    const [reason] = `${error.stderr ?? ''}`.split('\n').filter((line) => line.includes('error'));
    throw new Unavailable(`${name} cannot be installed: ${reason ?? error.message}`);
  }
  return folder;
}

function isInstalled(folder) {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.entries(dependencies).every(([name, version]) => {
    const manifest = join(folder, 'node_modules', name, 'package.json');
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version;
  });
}
