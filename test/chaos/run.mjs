#!/usr/bin/env node
// `npm run test:chaos [-- --seed N] [--minutes M] [--only all|split]`: raises the storms of seeds.json and one that nobody has seen, or
// the one of the seed given, each for so many minutes; and leaves nothing running, however it ends.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const USAGE = 'usage: npm run test:chaos [-- --seed N] [--minutes M] [--only all|split] [--keep]';

function readArguments() {
  const options = {
    seed: { type: 'string' },
    minutes: { type: 'string' },
    only: { type: 'string' },
    keep: { type: 'boolean' },
  };
  const { values } = parseArgs({ options });
  if (values.seed !== undefined && !/^\d{1,9}$/.test(values.seed)) throw new Error('--seed: expected a whole number');
  if (values.minutes !== undefined && !(Number(values.minutes) >= 0.5 && Number(values.minutes) <= 600))
    throw new Error('--minutes: expected 0.5 to 600');
  if (values.only !== undefined && !['all', 'split'].includes(values.only))
    throw new Error('--only: expected all (every process has all roles) or split');
  return values;
}

/** The processes of the service that a storm has left behind, by the numbers that were noted when they were started. */
function leftBehind(directory) {
  const noted = join(directory, 'pids');
  if (!existsSync(noted)) return [];
  const pids = readFileSync(noted, 'utf8').trim().split('\n');
  // A number may be somebody else's by now.
  return pids.filter((pid) => {
    const command = `/proc/${pid}/cmdline`;
    return existsSync(command) && readFileSync(command, 'utf8').includes(join(ROOT, 'dist', 'main.bundle.mjs'));
  });
}

function endWhatIsLeft(directory) {
  for (const pid of leftBehind(directory)) process.kill(Number(pid), 'SIGKILL');
  const env = { ...process.env, SERVERS_RUN_DIR: join(directory, 'servers'), PG_STOP: 'immediate' };
  spawnSync('bash', [join(ROOT, 'test', 'servers', 'servers'), 'down', 'kafka', 'postgres'], { env, stdio: 'ignore' });
}

function run(values) {
  const directory = mkdtempSync(join(tmpdir(), 'fixpoint-chaos-'));
  // Postgres runs as somebody else.
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, 'servers'));
  const env = { ...process.env, CHAOS_DIR: directory };
  for (const name of ['seed', 'minutes', 'only'])
    if (values[name] !== undefined) env[`CHAOS_${name.toUpperCase()}`] = values[name];
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.chaos.config.ts'], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    endWhatIsLeft(directory);
    if (code === 0 && !values.keep) rmSync(directory, { recursive: true, force: true });
    else console.error(`logs of all processes: ${directory}`);
    process.exitCode = code ?? 1;
  });
}

try {
  run(readArguments());
} catch (error) {
  console.error(`error: ${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
