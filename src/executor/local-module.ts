import { z } from 'zod';
import type { Executor, ExecutorDeps, ExecutorModule, ExecutorSpec } from '../domain/executor.js';

const NothingToConfigure = z.strictObject({}).describe('nothing to configure');
type NothingToConfigure = z.infer<typeof NothingToConfigure>;

/** A module that dials nobody and has nothing to configure: all that it needs is handed in by the roof. */
export function localModule(
  name: string,
  specs: readonly ExecutorSpec[],
  create: (deps: ExecutorDeps) => Readonly<Record<string, Executor>>,
): ExecutorModule<NothingToConfigure> {
  return {
    name,
    config: NothingToConfigure,
    specs,
    create: (_config, deps) => ({
      executors: create(deps),
      check: () => Promise.resolve([]),
      stop: () => Promise.resolve(),
    }),
  };
}
