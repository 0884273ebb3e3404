import { z } from 'zod';
import type { ErrorDetail } from '../../domain/errors.js';
import type { ParsedPayload, Source, SourceModule } from '../../domain/source.js';
import { FIGURE_SETTINGS } from '../figure.js';
import type { Foreign } from '../foreign.js';
import { came, isForeign } from '../foreign.js';
import { hmacProof } from '../hmac-proof.js';
import { createRemarks } from '../remarks.js';
import { createSubject, subjectSettings } from '../subject.js';
import { readEventAlert, readIssue, readPlugin } from './issue.js';
import { readMetricAlert } from './metric.js';
import type { Reading } from './reading.js';

const SentryConfig = z
  .strictObject({
    secret: z.string().min(1).optional().describe("The integration's client secret: Sentry signs with it"),
    ...FIGURE_SETTINGS,
    ...subjectSettings({ services: ['service', 'service.name', 'project'], hosts: ['server_name'] }),
  })
  .prefault({});
type SentryConfig = z.infer<typeof SentryConfig>;

/** Sentry: issue alerts, metric alerts and issues of an internal integration, and the older WebHooks plugin. */
export const sentry: SourceModule<SentryConfig> = {
  name: 'sentry',
  config: SentryConfig,
  recognizes: (payload) => isForeign(payload) && (isIntegration(payload) || isPlugin(payload)),
  create: createSentry,
  senderProof: ({ secret }) => (secret === undefined ? null : hmacProof({ header: 'sentry-hook-signature', secret })),
};

function createSentry(config: SentryConfig): Source {
  const subject = createSubject(config);
  return { parse: (payload, now) => parse(payload, { now, subject }) };
}

/** The envelope of Sentry's integration platform. */
function isIntegration(payload: Foreign): boolean {
  const { data, installation, action } = payload;
  if (!isForeign(data) || typeof action !== 'string') return false;
  if (isForeign(data['metric_alert']) || 'triggered_rule' in data) return true;
  return isForeign(installation) && 'uuid' in installation;
}

function isPlugin(payload: Foreign): boolean {
  if (!isForeign(payload['event'])) return false;
  return 'triggering_rules' in payload || ('project_slug' in payload && 'culprit' in payload);
}

function parse(
  payload: unknown,
  setting: Pick<Reading, 'now' | 'subject'>,
): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  if (!isForeign(payload))
    return { unusable: [{ path: '', message: `expected a Sentry webhook (an object), came ${came(payload)}` }] };
  const details: ErrorDetail[] = [];
  const reading: Reading = { ...setting, details, remarks: createRemarks() };
  const read = isPlugin(payload) ? readPlugin(payload, reading) : readAction(payload, reading);
  if (details.length > 0) return { unusable: details };
  if (typeof read === 'string') return { alerts: [], rejected: [], remarks: [read], aside: true };
  return { alerts: [read], rejected: [], remarks: reading.remarks.list() };
}

/** What the webhook is about stands in a header of its own, which a body that was kept has lost; its data says the same. */
function readAction(payload: Foreign, reading: Reading) {
  const { data, action } = payload;
  if (!isForeign(data)) {
    reading.details.push({
      path: 'data',
      message: `expected what the webhook is about (an object), came ${came(data)}`,
    });
    return '';
  }
  if (typeof action !== 'string') {
    reading.details.push({ path: 'action', message: `expected a text, came ${came(action)}` });
    return '';
  }
  if ('metric_alert' in data) return readMetricAlert(data, action, reading);
  if ('event' in data) return readEventAlert(data, reading);
  if ('issue' in data) return readIssue(data, action, reading);
  const known = ['error', 'comment', 'comment_id', 'installation', 'preprod', 'seer'].find((key) => key in data);
  if (known !== undefined || isForeign(payload['installation']))
    return `a webhook about ${known ?? 'something else'} is no alert: tick issue, and make alert rules`;
  reading.details.push({ path: 'data', message: 'expected event, metric_alert or issue, came none of them' });
  return '';
}
