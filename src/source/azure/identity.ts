import { labelsFingerprint } from '../../domain/alert/label.js';
import { identity } from '../storable.js';
import type { Context } from './context.js';

/** What tells one condition, and one occurrence of it, from others. */
export interface AzureIdentity {
  readonly fingerprint: string;
  readonly occurrence_id: string;
}

/**
 * Azure's `alertId` is one occurrence's: its firing and its resolve carry the same, the next firing another. The condition is the rule on
 * its targets with its dimensions. Service health tells of one incident many times, each with an id of its own, and resource health likewise.
 */
export function azureIdentity(of: {
  readonly name: string;
  readonly targets: readonly string[];
  readonly alert_id: string | null;
  readonly context: Context;
}): AzureIdentity {
  const { context, alert_id } = of;
  const targets = of.targets.map((target) => target.toLowerCase()).sort();
  const fingerprint = labelsFingerprint({
    ...Object.fromEntries(context.dimensions.map(([name, value]) => [`dimension ${name}`, value])),
    rule: of.name,
    targets: targets.length > 0 ? targets.join(' ') : subscriptionOf(alert_id),
    kind: context.kind,
  });
  if (context.occurrence_id !== null) return { fingerprint, occurrence_id: identity(context.occurrence_id) };
  if (context.kind === 'resource_health' || alert_id === null) return { fingerprint, occurrence_id: fingerprint };
  const event = context.event_id === null ? '' : ` ${context.event_id}`;
  return { fingerprint, occurrence_id: identity(`${alert_id.toLowerCase()}${event}`) };
}

function subscriptionOf(alert_id: string | null): string {
  return /^\/subscriptions\/([^/]{1,100})/i.exec(alert_id ?? '')?.[1]?.toLowerCase() ?? '';
}
