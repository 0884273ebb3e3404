/** The resource that an alert is on, taken apart from its id; null is what the id does not say. */
export interface Resource {
  readonly id: string | null;
  readonly subscription_id: string | null;
  readonly group: string | null;
  /** In lower case: `microsoft.compute/virtualmachines`. */
  readonly type: string | null;
  readonly name: string | null;
}

const MACHINES = [
  'microsoft.compute/virtualmachines',
  'microsoft.compute/virtualmachinescalesets',
  'microsoft.hybridcompute/machines',
  'microsoft.classiccompute/virtualmachines',
];

/** What an alert on logs or metrics is filed under; it is about something else. */
const STORES = [
  'microsoft.operationalinsights/workspaces',
  'microsoft.monitor/accounts',
  'microsoft.alertsmanagement/prometheusrulegroups',
];

/** Azure writes the same id in different cases; it means the same. `item` is the name where there is no id. */
export function readResource(target: string | null, item: string | null): Resource {
  if (target === null) return { id: null, subscription_id: null, group: null, type: null, name: item };
  const parts = target.split('/').filter((part) => part !== '');
  const after = (key: string): string | null => {
    const at = parts.findIndex((part) => part.toLowerCase() === key);
    return at === -1 ? null : (parts[at + 1] ?? null);
  };
  return {
    id: target.toLowerCase(),
    subscription_id: after('subscriptions'),
    group: after('resourcegroups'),
    ...typeAndName(parts),
  };
}

/** The service that such a resource is; null for machines, and for the stores of logs and metrics. */
export function serviceOf({ type, name }: Resource): string | null {
  return type === null || MACHINES.includes(type) || STORES.includes(type) ? null : name;
}

/** The machine that such a resource is, else null. */
export function hostOf({ type, name }: Resource): string | null {
  return type !== null && MACHINES.includes(type) ? name : null;
}

/** `…/providers/Microsoft.Sql/servers/s1/databases/d1`: type and name alternate; the whole type, and the first name, which is the resource itself. */
function typeAndName(parts: readonly string[]): { type: string | null; name: string | null } {
  const at = parts.findLastIndex((part) => part.toLowerCase() === 'providers');
  const [provider, type, name] = at === -1 ? [] : parts.slice(at + 1);
  if (provider === undefined || type === undefined) return { type: null, name: null };
  return { type: `${provider}/${type}`.toLowerCase(), name: name ?? null };
}
