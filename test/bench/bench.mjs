#!/usr/bin/env node
// `npm run bench [-- --only P1,P3]`: measures the goals of docs/performance.md, prints a table, writes bench-results.json.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endAll, pinning } from './child.mjs';
import { againstAlertmanager, againstDbos } from './compared.mjs';
import {
  firstStep,
  firstStepThroughKafka,
  sequential,
  sequentialThroughKafka,
  steps,
  stepsThroughKafka,
} from './engine.mjs';
import { idle } from './idle.mjs';
import { repeats, storm, stormThroughKafka } from './intake.mjs';
import { Kafka } from './kafka.mjs';
import { passOf } from './pass.mjs';
import { openPostgres } from './postgres.mjs';
import { memory, rules, start } from './processes.mjs';
import { resume } from './resume.mjs';
import { Unavailable } from './servers.mjs';
import { rounded, waitForQuiet } from './session.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const OUTPUT = join(process.cwd(), 'bench-results.json');

/** In the order in which they are measured. */
const GOALS = {
  P1: steps,
  'P1-kafka': stepsThroughKafka,
  P2: againstDbos,
  P3: sequential,
  'P3-kafka': sequentialThroughKafka,
  P4: firstStep,
  'P4-kafka': firstStepThroughKafka,
  P4b: againstAlertmanager,
  P5: repeats,
  P6: storm,
  'P6-kafka': stormThroughKafka,
  P7: rules,
  P8: memory,
  P9: start,
  P12: resume,
  P13: idle,
};

function readOptions() {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const names = values.only === undefined ? Object.keys(GOALS) : values.only.split(',').map((name) => name.trim());
  for (const name of names)
    if (!(name in GOALS))
      throw new UsageError(`--only: ${name} is no goal; there are ${Object.keys(GOALS).join(', ')}`);
  return {
    names,
    rounds: numberFrom('BENCH_ROUNDS', 5),
    seconds: numberFrom('BENCH_SECONDS', 10),
    idle: numberFrom('BENCH_IDLE_SECONDS', 600),
    soak: numberFrom('BENCH_SOAK_SECONDS', 60),
    quietWait: numberFrom('BENCH_QUIET_SECONDS', 180, 0),
  };
}

function numberFrom(name, otherwise, least = 1) {
  const text = process.env[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < least || value > 3_600)
    throw new UsageError(`${name}: expected a number from ${least} to 3600, got ${text}`);
  return value;
}

class UsageError extends Error {}

async function main() {
  const options = readOptions();
  if (!existsSync(join(ROOT, 'dist', 'main.bundle.mjs')))
    throw new UsageError('dist/ is not built: run npm ci, or npm run build');
  const { load, quiet } = await waitForQuiet(options.quietWait * 1_000);
  if (!quiet) say(`The machine is not quiet (load ${load}): the results will not be valid.`);
  const postgres = await openPostgres();
  const kafka = new Kafka();
  const results = [];
  const measured = {};
  const failures = [];
  const skipped = [];
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      // Whoever waits for one of these processes hears that it is gone, and the way out is the usual one.
      interrupted = true;
      void endAll();
    });
  try {
    const bench = createBench(options, { postgres, kafka }, quiet, measured);
    for (const name of options.names) {
      if (interrupted) break;
      say(`${name} …`);
      try {
        results.push(...(await GOALS[name](bench)));
      } catch (error) {
        if (error instanceof Unavailable) {
          skipped.push({ name, reason: error.message });
          say(`SKIPPED ${name}: ${error.message}`);
          continue;
        }
        // One goal that cannot be measured must not hide the others.
        failures.push(name);
        say(`${name} failed: ${error.stack}`);
        await endAll();
      }
    }
  } finally {
    await endAll();
    await kafka.stop();
    await postgres.stop();
  }
  const machine = { ...describeMachine(postgres, options), load_before: load, failed: failures, skipped, measured };
  writeFileSync(OUTPUT, `${JSON.stringify({ machine, results }, null, 2)}\n`);
  say(tableOf(results));
  say(`Written to ${OUTPUT}`);
  return failures.length === 0 && !interrupted ? 0 : 1;
}

/** What every goal is handed. `measured` collects the single rounds for the result's file. */
function createBench(options, { postgres, kafka }, quiet, measured) {
  const { rounds, seconds, soak, idle } = options;
  return {
    postgres,
    kafka,
    seconds,
    soak,
    idle,
    protocol: { rounds, quiet },
    warmUp: Math.min(3, seconds),
    gateSeconds: Math.min(2, seconds),
    pause: (ms) => sleep(ms),
    say,
    onRound: (name) => (round, count) => {
      (measured[name] ??= []).push(round);
      say(`  round ${count}: ${shortly(round)}`);
    },
  };
}

function shortly({ valid, subject, reference, ...gate }) {
  const text = JSON.stringify({ subject, reference, ...gate }, (_key, value) =>
    typeof value === 'number' ? rounded(value) : value,
  );
  return valid ? text : `${text} (thrown out)`;
}

function describeMachine(postgres, options) {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    memory_mb: Math.round(totalmem() / 1_048_576),
    kernel: release(),
    node: process.version,
    postgres: postgres.settings,
    fixpoint: JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version,
    commit: commitOf(),
    pinned: pinning,
    rounds: options.rounds,
    seconds: options.seconds,
    soak_seconds: options.soak,
    idle_seconds: options.idle,
    measured_at: new Date().toISOString(),
  };
}

function commitOf() {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return null; // an unpacked archive has no history
  }
}

function tableOf(results) {
  const rows = results.map((result) => [
    result.name,
    String(result.subject),
    String(result.reference),
    result.unit,
    String(result.ratio),
    `${result.min} – ${result.max}`,
    passOf(result),
    result.valid ? '' : 'not valid',
    result.title,
  ]);
  const head = ['goal', 'Fixpoint', 'reference', 'unit', 'ratio', 'min – max', 'pass', '', 'what'];
  const widths = head.map((text, column) => Math.max(text.length, ...rows.map((row) => row[column].length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof UsageError ? error.message : error.stack}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
