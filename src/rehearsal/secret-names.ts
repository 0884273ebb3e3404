import { compileTemplate } from '../domain/expression/expression.js';
import type { Playbook } from '../domain/playbook/playbook.js';
import type { SecretGrant } from '../schedule/secrets.js';

/** Every secret that playbooks name, standing for itself: a rehearsal renders with names and knows no values. */
export function namedSecrets(playbooks: Iterable<Playbook>): Record<string, SecretGrant> {
  const users = new Map<string, string[]>();
  for (const playbook of playbooks)
    for (const name of secretsIn(playbook.tasks)) users.set(name, [...(users.get(name) ?? []), playbook.playbook_id]);
  return Object.fromEntries(
    [...users].map(([name, ids]) => [name, { value: `(the secret ${name})`, playbooks: ids }] as const),
  );
}

function secretsIn(value: unknown): Set<string> {
  const names = new Set<string>();
  const look = (part: unknown): void => {
    if (typeof part === 'string') {
      for (const [root, name] of referencesIn(part)) if (root === 'secrets' && name !== undefined) names.add(name);
    } else if (typeof part === 'object' && part !== null) for (const inner of Object.values(part)) look(inner);
  };
  look(value);
  return names;
}

function referencesIn(text: string): readonly (readonly string[])[] {
  if (!text.includes('{{')) return [];
  try {
    return compileTemplate(text).references;
  } catch {
    return []; // text that is no template; what must be one has been checked
  }
}
