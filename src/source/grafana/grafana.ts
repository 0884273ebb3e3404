import { z } from 'zod';
import type { ErrorDetail } from '../../domain/errors.js';
import type { ParsedPayload, SenderProof, Source, SourceModule } from '../../domain/source.js';
import { FIGURE_SETTINGS } from '../figure.js';
import type { Foreign } from '../foreign.js';
import { came, isForeign } from '../foreign.js';
import { hmacProof } from '../hmac-proof.js';
import { SUBJECT_SETTINGS, createSubject } from '../subject.js';
import { isLegacy, parseLegacy } from './legacy.js';
import { isUnified, parseUnified } from './unified.js';

const HeaderName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'expected the name of an HTTP header')
  .transform((name) => name.toLowerCase());

const GrafanaConfig = z
  .strictObject({
    secret: z.string().min(1).optional().describe("The contact point's HMAC secret, too"),
    signature_header: HeaderName.default('x-grafana-alerting-signature').describe('Where its HMAC stands'),
    timestamp_header: HeaderName.optional().describe('Its timestamp header, where the contact point names one'),
    value_refs: z
      .array(z.string().min(1).max(200))
      .max(20)
      .default(() => [])
      .describe(
        'Which of `values` is the metric value, the first that is there; unset: the one that is not the condition',
      ),
    ...FIGURE_SETTINGS,
    ...SUBJECT_SETTINGS,
  })
  .prefault({});
export type GrafanaConfig = z.infer<typeof GrafanaConfig>;

/** A signature with a time that is further off is a replay, or comes from a clock that is wrong. */
const MAX_SKEW_MS = 300_000;

/** Grafana: unified alerting's webhook contact point, and the notification channel of legacy alerting (until version 10). */
export const grafana: SourceModule<GrafanaConfig> = {
  name: 'grafana',
  config: GrafanaConfig,
  recognizes: (payload) => isForeign(payload) && (isUnified(payload) || isLegacy(payload)),
  create: createGrafana,
  senderProof: (config, { clock }) => (config.secret === undefined ? null : proofOf(config, config.secret, clock)),
};

function createGrafana(config: GrafanaConfig): Source {
  const subject = createSubject(config);
  return { parse: (payload, now) => parse(payload, { now, subject, value_refs: config.value_refs }) };
}

function parse(
  payload: unknown,
  setting: Parameters<typeof parseUnified>[1],
): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  if (!isForeign(payload))
    return { unusable: [{ path: '', message: `expected a Grafana webhook (an object), came ${came(payload)}` }] };
  return isLegacy(payload) || looksLegacy(payload) ? parseLegacy(payload, setting) : parseUnified(payload, setting);
}

/** A mutilated body gets the complaints of the kind that it is likelier to be. */
function looksLegacy(payload: Foreign): boolean {
  return !('alerts' in payload) && ('ruleName' in payload || 'evalMatches' in payload);
}

/** Without a timestamp header only the body is signed; with one, the time and a colon stand before it. */
function proofOf(config: GrafanaConfig, secret: string, clock: { now(): number }): SenderProof {
  const { signature_header: header, timestamp_header } = config;
  if (timestamp_header === undefined) return hmacProof({ header, secret });
  return hmacProof({
    header,
    secret,
    before({ headers }) {
      const time = headers[timestamp_header];
      if (typeof time !== 'string' || !/^\d{1,12}$/.test(time)) return null;
      return Math.abs(Number(time) * 1_000 - clock.now()) <= MAX_SKEW_MS ? `${time}:` : null;
    },
  });
}
