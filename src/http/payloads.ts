import { z } from 'zod';
import type { Alert } from '../domain/alert/alert.js';
import { PayloadAnswer } from '../domain/api/payload.js';
import { FixpointError } from '../domain/errors.js';
import { splitId } from '../domain/id.js';
import type { KeptPayload } from '../domain/alert/payload.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { itemOf } from './payload-item.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';

/** What really came: the body of the delivery that an alert was made of. */
export function payloadRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

  app.get(
    '/api/v1/alerts/:alert_id/payload',
    {
      onRequest: auth.require('read'),
      schema: {
        tags: ['alerts'],
        summary: 'The body that the alert came in, as it came; 404 says why there is none',
        params: z.object({ alert_id: PathId }),
        ...answers(200, PayloadAnswer),
      },
    },
    async (request) => {
      const { alert_id } = request.params;
      const alert = found(await deps.store.alerts.get(alert_id), `alert ${alert_id}`);
      const kept = await deps.store.payloads.find(alert_id);
      if (kept === null) throw new FixpointError('not_found', whyNone(alert, deps));
      return answerOf(kept, alert, utf8.decode(kept.head));
    },
  );
}

function answerOf(kept: KeptPayload, alert: Alert, text: string): PayloadAnswer {
  const { alert_id, source, received_at, received_from, bytes, alerts, rejected } = kept;
  const item = itemOf(text, alert, { alerts, rejected, place: splitId(alert_id)?.index ?? 0 });
  const truncated = kept.head.length < bytes;
  return { alert_id, source, received_at, received_from, bytes, truncated, text, ...item };
}

function whyNone({ alert_id, received_at }: Alert, { config, clock }: HttpDeps): string {
  const { keep, max_age_ms } = config.payloads;
  const what = `the body that alert ${alert_id} came in is not kept`;
  if (!keep) return `${what}: the setting payloads.keep is false`;
  const age_ms = clock.now() - Date.parse(received_at);
  if (age_ms < 5_000) return `${what} yet: it is written a moment after the alert`;
  if (max_age_ms !== null && age_ms > max_age_ms)
    return `${what} any more: bodies are kept for ${daysOf(max_age_ms)} (payloads.max_age)`;
  return `${what}: it came by no webhook, came while more came than is written, or had to make room (payloads.max_bytes)`;
}

function daysOf(ms: number): string {
  const days = ms / 86_400_000;
  return days >= 1 ? `${Math.round(days * 10) / 10} days` : `${Math.round(ms / 360_000) / 10} hours`;
}
