import { z } from 'zod';
import type { ExecutorModule } from '../../domain/executor.js';
import { HTTP_TARGET } from '../http-target.js';
import { createJaeger } from '../jaeger.js';
import { TraceAnalysis, traceAnalysisSpec } from './trace-analysis.js';

/** The slice `executors.trace`. */
export const TraceConfig = z.strictObject({
  type: z.literal('jaeger').default('jaeger').describe('What answers at `url`'),
  ...HTTP_TARGET,
});
export type TraceConfig = z.infer<typeof TraceConfig>;

/** Reads traces from Jaeger's query service. */
export const traceModule: ExecutorModule<TraceConfig> = {
  name: 'trace',
  config: TraceConfig,
  specs: [traceAnalysisSpec],
  create(config, deps) {
    const jaeger = createJaeger(config, deps.clock);
    return {
      executors: { [traceAnalysisSpec.kind]: new TraceAnalysis(jaeger, deps.clock) },
      check: async (signal) => [await jaeger.check('executors.trace', signal)],
      stop: () => jaeger.stop(),
    };
  },
};
