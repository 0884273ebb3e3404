import type { RunAnswer, RunItem } from '../../../domain/api/run.js';
import type { Step } from '../../../domain/run/run.js';
import { useGet } from '../../api/queries.js';

/**
 * The run that a step began, by its id: its output names it once it has ended, until then it is looked for among the run's children. Null as long
 * as it is not known.
 */
export function useChildRun(run: RunAnswer, step: Step): string | null {
  const told = childOf(step);
  const { data } = useGet<{ readonly items: readonly RunItem[] }>('/api/v1/runs', {
    query: { parent_run_id: run.run_id, limit: 200 },
    enabled: told === null,
    live: true,
  });
  const group = `run:${run.run_id}:${step.step_id}`;
  return told ?? data?.items.find(({ group_key }) => group_key === group)?.run_id ?? null;
}

function childOf({ output, evidence }: Step): string | null {
  return textOf(output, 'run_id') ?? textOf(evidence, 'run_id');
}

function textOf(value: unknown, key: string): string | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
  const found = (value as Readonly<Record<string, unknown>>)[key]; // an object that has this key
  return typeof found === 'string' ? found : null;
}
