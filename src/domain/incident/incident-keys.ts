import type { IncidentKey } from './incident-member.js';
import type { IncidentRules } from './incident-rules.js';

/** What connects keys: the rules, and how a service's key is made. */
export interface Nearness {
  readonly rules: Pick<IncidentRules, 'connected'>;
  readonly keyOf: (service_name: string) => string;
}

/** Keys whose incidents are one with the incident of this key, itself among them. */
export function nearKeys(own: IncidentKey, { rules, keyOf }: Nearness): readonly string[] {
  if (own.service_name === null) return [own.key];
  const near = rules.connected(own.service_name);
  return near.length <= 1 ? [own.key] : near.map(keyOf);
}
