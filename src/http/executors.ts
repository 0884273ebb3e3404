import { z } from 'zod';
import { ExecutorAnswer } from '../domain/api/system.js';
import { pageOf } from '../domain/api/page.js';
import type { ExecutorSpec } from '../domain/executor.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers } from './route.js';
import type { Api } from './route.js';

/** The kinds of task that there are, with the JSON schema of their parameters. */
export function executorRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  let items: ExecutorAnswer[] | null = null;
  app.get(
    '/api/v1/executors',
    { onRequest: auth.require('read'), schema: { tags: ['executors'], ...answers(200, pageOf(ExecutorAnswer)) } },
    () => {
      items ??= [...deps.executorSpecs.values()].map(answerOf).sort((a, b) => (a.kind < b.kind ? -1 : 1));
      return { items, next_cursor: null };
    },
  );
}

function answerOf(spec: ExecutorSpec): ExecutorAnswer {
  return {
    kind: spec.kind,
    title: spec.title,
    effect: typeof spec.effect === 'string' ? spec.effect : null,
    takes_action: spec.takes_action ?? false,
    output_keys: spec.output_keys === null ? null : [...spec.output_keys],
    // A part that JSON schema has no words for becomes "anything": the schema helps an editor, it is not the check.
    input_schema: z.toJSONSchema(spec.input, { io: 'input', unrepresentable: 'any' }),
  };
}
