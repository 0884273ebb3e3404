#!/usr/bin/env node
// `npm run check`: everything that a change must pass before it is committed. Every step runs even when one fails,
// so that one look shows all that is wrong; the end names each step, its time, and what to do next.
// `--no-tests` leaves the unit tests out, for whoever runs `npm test` as well.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name, ...args) => [process.execPath, [join(ROOT, 'node_modules', ...name.split('/')), ...args]];
const TESTS = 'unit tests and floors';
const STEP_LIMIT_MS = 10 * 60_000;

/** The steps in the order in which they run. `again` is what a person types to repeat one. */
const STEPS = [
  { name: 'build', command: [process.execPath, [join(ROOT, 'scripts', 'prepare.mjs')]], again: 'npm run build' },
  { name: 'types', command: bin('typescript/bin/tsc', '-p', 'tsconfig.json'), again: 'npx tsc -p tsconfig.json' },
  { name: 'types of the pages', command: bin('typescript/bin/tsc', '-p', 'src/web'), again: 'npx tsc -p src/web' },
  {
    name: 'lint',
    command: bin('eslint/bin/eslint.js', '--cache', '--cache-location', '.cache/eslint', '--max-warnings', '0', '.'),
    again: 'npx eslint .',
  },
  {
    name: 'format',
    command: bin('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
    again: 'npm run format',
  },
  {
    name: TESTS,
    command: bin('vitest/vitest.mjs', 'run', '--config', 'vitest.config.ts'),
    again: 'npm test',
  },
  {
    name: 'playbooks',
    command: [process.execPath, [join(ROOT, 'dist', 'cli.bundle.mjs'), 'check', 'playbooks/']],
    again: 'npx fixpoint check playbooks/',
  },
  {
    name: 'playbook tests',
    command: [process.execPath, [join(ROOT, 'dist', 'cli.bundle.mjs'), 'test', 'playbooks/']],
    again: 'npx fixpoint test playbooks/',
  },
  {
    name: 'playbook proofs',
    command: [process.execPath, [join(ROOT, 'dist', 'cli.bundle.mjs'), 'prove', '--playbooks', 'playbooks/']],
    again: 'npx fixpoint prove',
  },
];

/** Runs one step with its output shown; answers null when it passed, else what went wrong. */
function runStep([command, args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], timeout: STEP_LIMIT_MS });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) =>
      resolve(code === 0 ? null : signal ? `ended by ${signal}` : `exit code ${code}`),
    );
  });
}

async function check(steps) {
  const results = [];
  for (const step of steps) {
    console.log(`\n── ${step.name}`);
    const begin = performance.now();
    const failure = await runStep(step.command);
    results.push({ ...step, failure, seconds: (performance.now() - begin) / 1000 });
  }
  console.log('\n── check');
  for (const { name, failure, seconds, again } of results) {
    const fate = failure === null ? 'ok    ' : 'FAILED';
    console.log(
      `${fate} ${`${seconds.toFixed(1)} s`.padStart(8)}  ${name}${failure === null ? '' : ` (${failure}) · again: ${again}`}`,
    );
  }
  const failed = results.filter((result) => result.failure !== null);
  console.log(
    failed.length === 0 ? '\ncheck passed' : `\ncheck failed: ${failed.map((result) => result.name).join(', ')}`,
  );
  return failed.length === 0 ? 0 : 1;
}

const unknown = process.argv.slice(2).filter((word) => word !== '--no-tests');
if (unknown.length > 0) {
  console.error(`error: ${unknown.join(' ')}: expected nothing, or --no-tests`);
  process.exitCode = 2;
} else if (!existsSync(join(ROOT, 'node_modules', 'typescript'))) {
  console.error('error: development dependencies are missing: run `npm ci` first');
  process.exitCode = 1;
} else {
  const skipped = process.argv.includes('--no-tests') ? TESTS : null;
  process.exitCode = await check(STEPS.filter(({ name }) => name !== skipped));
}
