// The demo as a process of its own, for scripts that look at its pages.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STORY_LIMIT_MS = 120_000;

/** The demo on a free port, once its story has ended: its address, a token, and how to end it. `env` is added to its environment. */
export function startDemo(env = {}) {
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'demo.bundle.mjs')], {
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = () =>
    new Promise((resolve) => {
      if (child.exitCode !== null) return resolve();
      child.once('exit', resolve);
      child.kill('SIGINT');
    });
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      reject(new Error(`the demo has not told its story after ${STORY_LIMIT_MS / 1_000} s`));
      void stop();
    }, STORY_LIMIT_MS);
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const found = /FIXPOINT_URL=(\S+) FIXPOINT_TOKEN=(\S+)/.exec(said);
      if (found === null) return;
      clearTimeout(limit);
      resolve({ url: found[1], token: found[2], stop });
    });
    child.once('exit', (code) => {
      clearTimeout(limit);
      reject(new Error(`the demo ended with ${code}; is it built (npm run build)?\n${said}`));
    });
  });
}

/** Begins a session in a browser's profile, as the sign-in page would. */
export async function signIn(context, { url, token }) {
  const answer = await context.request.post(`${url}/api/v1/session`, {
    data: { token },
    headers: { 'x-fixpoint-csrf': '' },
  });
  if (!answer.ok()) throw new Error(`sign-in: ${answer.status()}`);
}
