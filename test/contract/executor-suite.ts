import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AttemptContext, ExecutorModule, ReadyExecutor } from '../../src/domain/executor.js';
import type { Outcome } from '../../src/domain/run/outcome.js';
import { createExecutors } from '../../src/executor/registry.js';
import type { Executors } from '../../src/executor/registry.js';
import { anAttempt } from '../helper/an-attempt.js';
import { freePort, openLoopback } from '../helper/loopback.js';
import type { Loopback, Received, Reply } from '../helper/loopback.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

/** One kind under test, and the world that it acts in. */
export interface ExecutorCase {
  readonly module: ExecutorModule;
  readonly kind: string;
  /** Parameters of a task, the action included, that lead to a success when the world is well. */
  readonly input: unknown;
  /** The module's slice of the configuration, for a server at this address; it should hold `SECRET` where it can hold one. */
  config(url: string): unknown;
  /** How its server answers when all is well; absent for a kind that speaks no HTTP. */
  answer?(): (request: Received) => Reply;
  /** Which requests write; absent for a kind that never does. */
  writes?(request: Received): boolean;
  /** True where the protocol is the author's, so that every answer below 400 is a success. */
  readonly any_answer?: boolean;
  /** True for a kind that asks nobody. */
  readonly local?: boolean;
}

/** Stands for every credential; no text that leaves an executor may hold it. */
export const SECRET = 'a-very-secret-credential';

const TROUBLES: readonly [string, Reply][] = [
  ['closes every connection', 'close'],
  ['cuts its answers', 'cut'],
  ['pours without end', 'flood'],
  ['is a login page', { text: '<html><form>', headers: { 'content-type': 'text/html' } }],
  ['answers broken JSON', { text: '{"half":', headers: { 'content-type': 'application/json' } }],
  ['answers JSON of somebody else', { json: [[], { status: null }, 'text'] }],
  [
    'answers JSON that is nested without end',
    { text: '['.repeat(20_000), headers: { 'content-type': 'application/json' } },
  ],
  ['is out of order', { status: 500, text: `stack trace with ${SECRET}` }],
  ['is overloaded', { status: 503, headers: { 'retry-after': '1' } }],
  ['refuses the credentials', { status: 401, text: 'no' }],
  ['sends everybody elsewhere', { status: 302, headers: { location: 'http://169.254.169.254/' } }],
];

/** What every executor promises (domain/executor.ts), told to one kind. */
export function executorSuite(subject: ExecutorCase): void {
  describe(`the executor contract on ${subject.kind}`, () => {
    describeSpec(subject);
    if (subject.local !== true) describeNetwork(subject);
  });
}

function describeSpec(subject: ExecutorCase): void {
  const { module, kind } = subject;
  const spec = module.specs.find((candidate) => candidate.kind === kind)!;

  it('is known without any configuration', () => {
    expect(kind).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(spec.title).not.toBe('');
    expect(spec.input.safeParse(subject.input).error).toBeUndefined();
    expect(['read', 'write', 'notify']).toContain(effectOf(subject));
  });

  it('has schemas that editors and the reference can show', () => {
    const input = z.toJSONSchema(spec.input, { io: 'input', unrepresentable: 'throw' });
    const config = z.toJSONSchema(module.config, { io: 'input', unrepresentable: 'throw' });

    expect(input).toMatchObject({ type: 'object' });
    expect(config).toMatchObject({ type: 'object', additionalProperties: false });
  });

  it('refuses an unknown key of its configuration, and takes the one of the suite', () => {
    const config = subject.config('http://127.0.0.1:9') as object; // every slice is a map

    expect(module.config.safeParse(config).error).toBeUndefined();
    expect(module.config.safeParse({ ...config, no_such_key: 1 }).success).toBe(false);
  });

  it('exists without configuration, and says then what to set or works', async () => {
    const executors = createExecutors({}, { clock: SYSTEM_CLOCK, notify: () => Promise.resolve([]) }, [module]);

    const outcome = await attempt(subject, executors.get(kind)!);
    await executors.stop();

    if (outcome.type === 'failed') {
      expect(outcome.reason).toMatch(/configur/);
      expect(outcome.retryable).toBe(false);
    } else expect(subject.local).toBe(true);
  });
}

function describeNetwork(subject: ExecutorCase): void {
  const { kind } = subject;
  let server: Loopback;
  const opened: Executors[] = [];

  beforeEach(async () => {
    server = await openLoopback();
  });

  afterEach(async () => {
    for (const executors of opened.splice(0)) {
      await executors.stop();
      await executors.stop(); // as every stop, it may be called twice
    }
    await server.close();
  });

  function open(url = server.url): Executors {
    const slice = subject.module.config.parse(subject.config(url));
    const deps = { clock: SYSTEM_CLOCK, notify: () => Promise.resolve([]) };
    const executors = createExecutors({ [subject.module.name]: slice }, deps, [subject.module]);
    opened.push(executors);
    return executors;
  }

  function run(url = server.url, over: Partial<AttemptContext> = {}): Promise<Outcome> {
    return attempt(subject, open(url).get(kind)!, over);
  }

  it('dials nobody before its first use', async () => {
    open();

    await new Promise((resolve) => setImmediate(resolve));
    expect(server.connections()).toBe(0);
  });

  it('fails, and may be repeated, when the connection is refused', async () => {
    const outcome = await run(`http://127.0.0.1:${await freePort()}`);

    expectTold(outcome);
    if (!isFinding(outcome)) expect(outcome).toMatchObject({ type: 'failed', retryable: true });
  });

  it('asks nobody when it is given up before it began', async () => {
    const outcome = await run(server.url, { signal: AbortSignal.abort() });

    expectTold(outcome);
    expect(outcome.type).not.toBe('succeeded');
    expect(server.received).toEqual([]);
  });

  it('is checked for the doctor, who is told what is wrong', async () => {
    const lines = await open(`http://127.0.0.1:${await freePort()}`).check(new AbortController().signal);

    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toMatchObject({ ok: false, name: expect.stringMatching(/^executors\./) });
      expect(line.message).not.toBe('');
    }
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });

  const { answer } = subject;
  if (answer === undefined) return;

  it('succeeds when all is well', async () => {
    server.answer(answer());

    const outcome = await run();

    expect(outcome).toMatchObject({ type: 'succeeded' });
    expectTold(outcome);
  });

  for (const [what, reply] of TROUBLES) {
    it(`says what happened, and never throws, when its server ${what}`, async () => {
      server.answer(reply);

      const outcome = await run();

      expectTold(outcome);
      if (subject.any_answer === true && outcome.type === 'succeeded') expect(outcome.output).toHaveProperty('status');
      else if (effectOf(subject) === 'write') expect(['failed', 'in_doubt']).toContain(outcome.type);
      else expect(outcome.type === 'failed' || isHarmless(outcome)).toBe(true);
    });
  }

  it('ends with its signal while its server hangs, and leaves no request behind', async () => {
    server.answer('hang');
    const cancel = new AbortController();
    const outcome = run(server.url, { signal: cancel.signal });
    await until('the request', () => server.received.length > 0);

    cancel.abort();

    expectTold(await outcome);
    expect((await outcome).type).not.toBe('succeeded');
    await until('the request to be gone', () => server.pending() === 0);
  });

  const { writes } = subject;
  if (writes === undefined) return;

  it('writes when it is asked to, and nothing in a dry run', async () => {
    server.answer(answer());
    const dry = await run(server.url, { dry_run: true });
    const writtenDry = server.received.filter((request) => writes(request)).length;

    await run();

    expect(dry.type).toBe('succeeded');
    expectTold(dry);
    expect(writtenDry).toBe(0);
    expect(server.received.filter((request) => writes(request))).toHaveLength(1);
  });
}

function effectOf(subject: ExecutorCase): string {
  const spec = subject.module.specs.find(({ kind }) => kind === subject.kind)!;
  return typeof spec.effect === 'function' ? spec.effect(spec.input.parse(subject.input)) : spec.effect;
}

/** One attempt as the scheduler makes it: what writes is planned first, and gets its intent back. */
async function attempt(
  subject: ExecutorCase,
  executor: ReadyExecutor,
  over: Partial<AttemptContext> = {},
): Promise<Outcome> {
  const input = executor.spec.input.parse(subject.input);
  const context = anAttempt(over);
  if (effectOf(subject) !== 'write' || executor.plan === undefined) return executor.execute(input, context);
  const plan = await executor.plan(input, context);
  expect(JSON.stringify(plan)).not.toContain(SECRET);
  if (plan.type === 'nothing') return plan.outcome;
  if (plan.type === 'failed') return plan;
  return executor.execute(input, { ...context, intent: { ...plan.intent, idempotency_key: context.idempotency_key } });
}

/** An outcome is JSON of bounded size, tells people something, and holds no secret. */
function expectTold(outcome: Outcome): void {
  const text = JSON.stringify(outcome);
  expect(JSON.parse(text)).toEqual(outcome);
  expect(text).not.toContain(SECRET);
  expect(text.length).toBeLessThan(2_000_000);
  if (outcome.type === 'succeeded') return;
  if (outcome.type === 'asks') return expect(outcome.message.trim()).not.toBe('');
  expect(outcome.reason.trim()).not.toBe('');
  expect(outcome.reason.length).toBeLessThan(2_000);
}

/** A kind may find out that something is unreachable: then its step has done its work. */
function isFinding(outcome: Outcome): boolean {
  return outcome.type === 'succeeded' && (outcome.output as { reachable?: unknown }).reachable === false;
}

/** A read may make sense of an odd answer, as long as it makes no figure of it. */
function isHarmless(outcome: Outcome): boolean {
  if (isFinding(outcome)) return true;
  if (outcome.type !== 'succeeded') return false;
  const figures = Object.entries(outcome.output as Record<string, unknown>);
  return figures.every(([key, value]) => typeof value !== 'number' || key === 'status' || key === 'depth');
}
