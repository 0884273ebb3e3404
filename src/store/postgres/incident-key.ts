import { createHash } from 'node:crypto';

/** A key has to fit into an index entry. */
const LONGEST = 512;

/** The key of a service's incident. */
export function serviceKey(service_name: string): string {
  return shortened('service', service_name);
}

/** The key of the incident of a group's alerts that have no service. */
export function groupKey(source_system: string, group_key: string): string {
  return shortened('group', `${source_system} ${group_key}`);
}

/** What names an occurrence in the store; as triage names it. */
export function occurrenceKeyOf(source_system: string, occurrence_id: string): string {
  const key = `${source_system} ${occurrence_id}`;
  return key.length <= LONGEST ? key : `${source_system.slice(0, 100)} sha256:${sha256(key)}`;
}

function shortened(kind: string, name: string): string {
  const key = `${kind}:${name}`;
  return key.length <= LONGEST ? key : `${kind}:sha256:${sha256(name)}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
