// The protocol: rounds that measure reference and subject back to back in alternating order, a gate that throws out rounds in which the
// machine did something else, and the median of the ratios that are left.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A round counts when its references are this near to the session's median. */
const TOLERANCE = 0.2;
/** The share of rounds that may be thrown out before the whole result is not valid. */
const MOST_DISCARDED = 1 / 3;
const QUIET_LOAD = 1;
/** How much of all CPUs others may use while nothing is measured. */
const QUIET_BUSY = 0.15;

/** Waits, but not for ever, until nothing else loads the machine; answers the load that was found. */
export async function waitForQuiet(limit_ms) {
  const until = performance.now() + limit_ms;
  for (;;) {
    const load = loadAverage();
    if (load < QUIET_LOAD || performance.now() > until) return { load, quiet: load < QUIET_LOAD };
    await sleep(1_000);
  }
}

function loadAverage() {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
}

/** The share of all CPUs that is busy while this process does nothing. The load average cannot tell: it remembers the last round. */
async function busyShare(ms = 500) {
  const before = cpuTimes();
  await sleep(ms);
  const after = cpuTimes();
  const total = after.total - before.total;
  return total === 0 ? 0 : 1 - (after.idle - before.idle) / total;
}

function cpuTimes() {
  const times = readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1).map(Number);
  return { idle: times[3] + times[4], total: times.slice(0, 8).reduce((sum, value) => sum + value, 0) };
}

/** Milliseconds of a fixed piece of work: tells a slow machine from a slow subject. */
function cpuLoop() {
  const begin = performance.now();
  let value = 1;
  // In whole numbers of 32 bits throughout: a sum that may leave them is compiled in two ways, one of them four times slower.
  for (let turn = 0; turn < 60_000_000; turn++) value = Math.imul(value ^ turn, 48_271);
  return value === 0.5 ? 0 : performance.now() - begin;
}

/**
 * Measures `rounds` valid rounds, repeating those that the gate threw out. `measure.reference` and `measure.subject` answer the figures of one
 * turn; `commits` answers pgbench's rate, for the gate; `quiet` says whether the machine was free when the benchmark began.
 */
export async function runRounds({ rounds, quiet, measure, commits, onRound }) {
  const done = [];
  const most = rounds + Math.floor((rounds * MOST_DISCARDED) / (1 - MOST_DISCARDED));
  while (countValid(done) < rounds && done.length < most) {
    const round = { order: done.length % 2 === 0 ? 'reference first' : 'subject first', load: loadAverage() };
    round.busy = await busyShare();
    round.cpu_ms = cpuLoop();
    round.commits = await commits();
    const turns = done.length % 2 === 0 ? ['reference', 'subject'] : ['subject', 'reference'];
    for (const turn of turns) round[turn] = await measure[turn](round);
    done.push(round);
    judge(done);
    onRound?.(round, done.length);
  }
  const valid = done.filter((round) => round.valid);
  const discarded = done.length - valid.length;
  const isValid = quiet && valid.length >= rounds && discarded <= done.length * MOST_DISCARDED;
  return { rounds: done, counted: valid.length > 0 ? valid : done, valid: isValid };
}

function countValid(done) {
  return done.filter((round) => round.valid).length;
}

/** Judged anew after every round, because the median moves. */
function judge(done) {
  const commits = median(done.map((round) => round.commits));
  const cpu = median(done.map((round) => round.cpu_ms));
  const isNear = (value, middle) => Math.abs(value / middle - 1) <= TOLERANCE;
  for (const round of done)
    round.valid = isNear(round.commits, commits) && isNear(round.cpu_ms, cpu) && round.busy <= QUIET_BUSY;
}

/** One entry of the results: the median of the rounds' ratios, with their spread. */
export function resultOf({ name, title, unit, session, subject, reference }) {
  const pairs = session.counted.map((round) => ({ subject: subject(round), reference: reference(round) }));
  const ratios = pairs.map((pair) => pair.subject / pair.reference);
  return {
    name,
    title,
    subject: rounded(median(pairs.map((pair) => pair.subject))),
    reference: rounded(median(pairs.map((pair) => pair.reference))),
    unit,
    ratio: rounded(median(ratios)),
    min: rounded(Math.min(...ratios)),
    max: rounded(Math.max(...ratios)),
    rounds: pairs.length,
    valid: session.valid,
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** Four digits are more than the noise leaves. */
export function rounded(value) {
  return Number(value.toPrecision(4));
}
