// Keeps what V8 compiles of the programs at a start, beside their bundles: the next start need not compile it again.
// Without it, or with another Node, everything works as well and starts slower; so nothing here fails a build.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RECORD = '.code-cache';
const TRIAL_LIMIT_MS = 60_000;

/** Each runs a program as users do; what one run has kept, the next one leaves. The first is what matters most. */
const TRIALS = [
  { program: 'main', about: 'the service on the embedded store, and a run', post: true },
  // Whatever is loaded for Postgres is loaded before nobody answers.
  { program: 'main', about: 'the service on Postgres', env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nobody' } },
  { program: 'cli', about: 'fixpoint check', argv: ['check', '.'] },
];

/** Brings the caches in dist up to date with the bundles there and this Node. */
export function keepCode(root) {
  const dist = join(root, 'dist');
  const record = join(dist, RECORD);
  // A bundle's name tells its contents; what is compiled has the loader's frame around it.
  const frame = createHash('sha256')
    .update(readFileSync(join(dist, 'bundle-loader.mjs')))
    .digest('hex');
  const wanted = `${[process.version, process.arch, frame, ...bundlesOf(dist)].join('\n')}\n`;
  if (existsSync(record) && readFileSync(record, 'utf8') === wanted) return;
  rmSync(record, { force: true });
  for (const name of readdirSync(dist)) if (name.endsWith('.v8')) rmSync(join(dist, name));
  for (const trial of TRIALS) {
    const fault = run(root, trial);
    if (fault === null) continue;
    console.error(`note: nothing was kept of what V8 compiled for ${trial.about}, it will start slower: ${fault}`);
    return;
  }
  writeFileSync(record, wanted);
}

function bundlesOf(dist) {
  return readdirSync(dist)
    .filter((name) => name.endsWith('.bundle.cjs'))
    .sort();
}

/** What went wrong, or null. */
function run(root, trial) {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-build-'));
  try {
    const playbooks = join(folder, 'playbooks');
    mkdirSync(playbooks);
    if (existsSync(join(root, 'playbooks'))) cpSync(join(root, 'playbooks'), playbooks, { recursive: true });
    const env = {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      FIXPOINT_ADMIN_TOKEN: 'only-for-this-trial',
      FIXPOINT_DATA_DIR: join(folder, 'data'),
      FIXPOINT_PLAYBOOKS_DIR: playbooks,
      LOG_LEVEL: 'silent',
      ...trial.env,
    };
    const child = join(import.meta.dirname, 'code-cache-trial.mjs');
    const args = [child, join(root, 'dist'), JSON.stringify(trial)];
    const done = spawnSync(process.execPath, args, {
      cwd: playbooks,
      env,
      encoding: 'utf8',
      timeout: TRIAL_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    if (done.error) return done.error.message;
    return /^kept \d+$/m.test(done.stdout) ? null : `${done.stdout}${done.stderr}`.trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
