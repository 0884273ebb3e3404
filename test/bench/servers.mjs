// The real servers of test/servers.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const SCRIPT = join(import.meta.dirname, '..', 'servers', 'servers');
const LIMIT_MS = 10 * 60_000;

/** What a goal is compared with, or goes through, cannot be had here: the goal is skipped, and says why. */
export class Unavailable extends Error {}

/** Asks the servers' script: `servers(['up', 'kafka'], {SERVERS_RUN_DIR})`. */
export function servers(args, env = {}) {
  return new Promise((resolve, reject) => {
    // Not by pipes: a server that was started would hold them open.
    const child = spawn('bash', [SCRIPT, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: LIMIT_MS,
    });
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`servers ${args.join(' ')} ended with ${signal ?? code}`)),
    );
  });
}
