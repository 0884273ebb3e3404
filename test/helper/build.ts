import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Before all tests: brings dist/ up to date, because some tests start the service as a process. Quick when nothing has changed. */
export function setup(): void {
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'prepare.mjs');
  const done = spawnSync(process.execPath, [script], { stdio: 'inherit' });
  if (done.status !== 0) throw new Error('the build failed; see above');
}
