import { Health } from '../domain/api/system.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import { settleWithin } from '../domain/time-limit.js';
import type { Auth } from './auth.js';
import type { ProbeDeps } from './deps.js';
import { answers } from './route.js';
import type { Api } from './route.js';

/** A probe that is asked every few seconds must not pile up behind a database that hangs. */
const READY_WITHIN_MS = 3_000;

/** Whether this process lives, can promise durability, and how it fares. The first two need no credential. */
export function probeRoutes(app: Api, deps: ProbeDeps, auth: Auth): void {
  const tags = ['probes'];

  app.get('/healthz', { schema: { tags, ...answers(200, Health) } }, () => ({ status: 'ok', version: deps.version }));

  app.get('/readyz', { schema: { tags, ...answers(200, Health) } }, async () => {
    await ready(deps);
    return { status: 'ready', version: deps.version };
  });

  app.get('/metrics', { onRequest: auth.require('read'), schema: { tags } }, async (_request, reply) => {
    const text = await deps.metricsText();
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });
}

async function ready(deps: ProbeDeps): Promise<void> {
  const late = (): Error => new FixpointError('unavailable', `not ready: no answer within ${READY_WITHIN_MS} ms`);
  try {
    await settleWithin(deps.readiness(), READY_WITHIN_MS, deps.clock, late);
  } catch (error) {
    throw error instanceof FixpointError ? error : new FixpointError('unavailable', `not ready: ${messageOf(error)}`);
  }
}
