import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { anAttempt } from '../../test/helper/an-attempt.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import type { Executor, ExecutorModule, ExecutorSet } from '../domain/executor.js';
import type { Outcome } from '../domain/run/outcome.js';
import { createExecutors, executorModules, executorSpecs } from './registry.js';

const DEPS = { clock: new FakeClock(), notify: () => Promise.resolve([]) };

/** Works only as long as its methods keep their object. */
class Echo implements Executor {
  readonly #said: Outcome = { type: 'succeeded', output: 'echo' };
  execute(): Promise<Outcome> {
    return Promise.resolve(this.#said);
  }
}

function aModule(name: string, config: z.ZodType, over: Partial<ExecutorSet> = {}): ExecutorModule {
  return {
    name,
    config,
    specs: [{ kind: `${name}_do`, title: name, effect: 'read', input: z.unknown(), output_keys: null }],
    create: () => ({
      executors: { [`${name}_do`]: new Echo() },
      check: () => Promise.resolve([]),
      stop: () => Promise.resolve(),
      ...over,
    }),
  };
}

describe('the executors', () => {
  it('are found by kind, whose case does not matter', async () => {
    const executors = createExecutors({}, DEPS, [aModule('echo', z.strictObject({}))]);

    const executor = executors.get('Echo_Do');

    expect(await executor?.execute({}, anAttempt())).toEqual({ type: 'succeeded', output: 'echo' });
    expect(executor).not.toHaveProperty('plan');
    expect(executors.get('no_such_kind')).toBeNull();
    expect([...executors.specs().keys()]).toEqual(['echo_do']);
  });

  it('whose module lacks its configuration exist, and say which keys to set', async () => {
    const config = z.strictObject({ url: z.string(), token: z.string(), retries: z.number().default(3) });
    const executor = createExecutors({}, DEPS, [aModule('far', config)]).get('far_do');

    const reason = 'executors.far is not configured: set executors.far.url, executors.far.token in fixpoint.yaml';
    expect(await executor?.execute({}, anAttempt())).toEqual({ type: 'failed', reason, retryable: false });
    expect(await executor?.plan?.({}, anAttempt())).toEqual({ type: 'failed', reason, retryable: false });
  });

  it('whose module has a default for everything need no configuration', async () => {
    const executors = createExecutors({}, DEPS, [aModule('near', z.strictObject({ limit: z.number().default(3) }))]);

    expect(await executors.get('near_do')?.execute({}, anAttempt())).toMatchObject({ type: 'succeeded' });
  });

  it('tell whose conditions can be asked: of what is configured and can tell', () => {
    const conditions = { asker: () => null };
    const near = aModule('near', z.strictObject({}), { conditions });
    const far = aModule('far', z.strictObject({ url: z.string() }), { conditions: { asker: () => null } });

    expect(createExecutors({}, DEPS, [near, far, aModule('echo', z.strictObject({}))]).conditions()).toEqual([
      conditions,
    ]);
    expect(createExecutors({}, DEPS).conditions()).toEqual([]);
    const url = 'http://prometheus.example.test:9090';
    const slice = executorModules.find(({ name }) => name === 'prometheus')?.config.parse({ url });
    expect(createExecutors({ prometheus: slice }, DEPS).conditions()).toHaveLength(1);
  });

  it('are checked one by one: by kind, with the reason where there is nothing to dial', async () => {
    const line = { name: 'executors.b', target: 'b:1', ok: true, message: 'b 1', required: true };
    const executors = createExecutors({}, DEPS, [
      aModule('a', z.strictObject({ url: z.string(), token: z.string() })),
      aModule('b', z.strictObject({}), { check: () => Promise.resolve([line]) }),
      aModule('c', z.strictObject({})),
    ]);
    const { signal } = new AbortController();

    expect(await executors.checkKind('B_do', signal)).toEqual({ checks: [line], note: null });
    expect(await executors.checkKind('a_do', signal)).toEqual({
      checks: [],
      note: 'executors.a is not configured: set executors.a.url, executors.a.token in fixpoint.yaml',
    });
    expect(await executors.checkKind('c_do', signal)).toMatchObject({
      checks: [],
      note: expect.stringContaining('no server'),
    });
    expect(await executors.checkKind('d_do', signal)).toEqual({ checks: [], note: 'there is no kind d_do' });
  });

  it('are checked all, also when one check breaks', async () => {
    const line = { name: 'executors.b', target: 'b', ok: true, message: 'well', required: false };
    const executors = createExecutors({}, DEPS, [
      aModule('a', z.strictObject({}), { check: () => Promise.reject(new Error('no route')) }),
      aModule('b', z.strictObject({}), { check: () => Promise.resolve([line]) }),
    ]);

    expect(await executors.check(new AbortController().signal)).toEqual([
      { name: 'executors.a', target: '', ok: false, message: 'the check itself broke: no route', required: false },
      line,
    ]);
  });

  it('are stopped all, also when one stop breaks', async () => {
    let stopped = 0;
    const executors = createExecutors({}, DEPS, [
      aModule('a', z.strictObject({}), { stop: () => Promise.reject(new Error('stuck')) }),
      aModule('b', z.strictObject({}), { stop: () => Promise.resolve(void (stopped += 1)) }),
    ]);

    await executors.stop();

    expect(stopped).toBe(1);
  });

  it('cannot share a kind', () => {
    const module = aModule('echo', z.strictObject({}));

    expect(() => createExecutors({}, DEPS, [module, module])).toThrow('two executor modules offer echo_do');
  });
});

describe('the registry', () => {
  it('has the kinds of the first edition', () => {
    expect([...executorSpecs.keys()].sort()).toEqual(
      expect.arrayContaining(['api_call', 'database_check', 'notification', 'prometheus_query', 'wait']),
    );
  });

  it('gives each module a slice of its own', () => {
    const names = executorModules.map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z_]*$/);
  });
});
