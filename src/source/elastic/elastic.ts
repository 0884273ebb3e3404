import { z } from 'zod';
import type { ErrorDetail } from '../../domain/errors.js';
import type { ParsedPayload, Source, SourceModule } from '../../domain/source.js';
import { FIGURE_SETTINGS } from '../figure.js';
import type { Foreign } from '../foreign.js';
import { came, isForeign } from '../foreign.js';
import { flatten } from '../flat.js';
import { readItems } from '../items.js';
import { createRemarks } from '../remarks.js';
import { createSubject, subjectSettings } from '../subject.js';
import type { ElasticSetting } from './alert.js';
import { readKibanaAlert } from './alert.js';
import { readWatch } from './watch.js';

const ElasticConfig = z
  .strictObject({
    secret: z.string().min(1).optional(),
    ...FIGURE_SETTINGS,
    ...subjectSettings({ services: ['service.name'], hosts: ['host.ip', 'host.name', 'host.hostname'] }),
  })
  .prefault({});
type ElasticConfig = z.infer<typeof ElasticConfig>;

/** Kibana's alerting rules through its webhook connector, and Elasticsearch's Watcher. */
export const elastic: SourceModule<ElasticConfig> = {
  name: 'elastic',
  config: ElasticConfig,
  recognizes,
  create: createElastic,
};

function createElastic(config: ElasticConfig): Source {
  const subject = createSubject(config);
  return { parse: (payload, now) => parse(payload, { now, subject }) };
}

/** By Kibana's own field names, by a watch's, or by a rule's name beside what only its alerts have. */
function recognizes(payload: unknown): boolean {
  if (!isForeign(payload)) return false;
  if (isWatch(payload)) return true;
  const [list] = listsOf(payload);
  if (list !== undefined) return list.items.slice(0, 10).some((item) => isForeign(item) && isAlertDocument(item));
  if (isAlertDocument(payload)) return true;
  if ('evalMatches' in payload) return false;
  const flat = flatten(payload);
  return flat.has('rulename') && OF_ALERTS.some((name) => flat.has(name));
}

/** Fields of Kibana's alerts in bodies that people write. */
const OF_ALERTS = ['alertactiongroup', 'actiongroup', 'alertid', 'alertuuid', 'alertinstanceid', 'contextreason'];

function isWatch(payload: Foreign): boolean {
  const { ctx } = payload;
  return 'watch_id' in payload || (isForeign(ctx) && 'watch_id' in ctx);
}

/** A document of the alerts index: its fields stand as `kibana.alert.…`, in one name or in objects. */
function isAlertDocument(item: Foreign): boolean {
  const { kibana } = item;
  if (isForeign(kibana) && isForeign(kibana['alert'])) return true;
  for (const key in item) if (key.startsWith('kibana.alert.')) return true;
  return false;
}

interface AlertList {
  readonly items: readonly unknown[];
  readonly at: string;
}

const GROUPS = ['new', 'ongoing', 'recovered', 'all'];

/** A summary of alerts: `alerts` as a list, or `alerts.new.data`, `alerts.ongoing.data`, `alerts.recovered.data`. */
function listsOf(payload: Foreign): AlertList[] {
  const { alerts } = payload;
  if (Array.isArray(alerts)) return [{ items: alerts, at: 'alerts' }];
  if (!isForeign(alerts)) return [];
  return GROUPS.flatMap((group): AlertList[] => {
    const inner = alerts[group];
    if (Array.isArray(inner)) return [{ items: inner, at: `alerts.${group}` }];
    const data = isForeign(inner) ? inner['data'] : undefined;
    return Array.isArray(data) ? [{ items: data, at: `alerts.${group}.data` }] : [];
  });
}

function parse(
  payload: unknown,
  setting: Pick<ElasticSetting, 'now' | 'subject'>,
): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  if (!isForeign(payload))
    return {
      unusable: [{ path: '', message: `expected a body of Kibana or Watcher (an object), came ${came(payload)}` }],
    };
  const reading: ElasticSetting = { ...setting, remarks: createRemarks() };
  const lists = listsOf(payload);
  if (lists.length > 0 && !isWatch(payload)) return readLists(payload, lists, reading);
  if (isForeign(payload['alerts']) && !isWatch(payload))
    return { unusable: [{ path: 'alerts', message: 'expected alerts.new.data or another list of alerts, came none' }] };
  const details: ErrorDetail[] = [];
  const alert = isWatch(payload)
    ? readWatch(payload, details, reading)
    : readKibanaAlert(flatten(payload), '', details, reading);
  if (alert === null || details.length > 0) return { unusable: details };
  return { alerts: [alert], rejected: [], remarks: reading.remarks.list() };
}

/** The lists of a summary one after the other; what its alerts share stands around them. */
function readLists(
  payload: Foreign,
  lists: readonly AlertList[],
  setting: ElasticSetting,
): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  const { alerts: _alerts, ...around } = payload;
  const shared = flatten(around);
  const entries = lists.flatMap(({ items, at }) => items.map((item, index) => new Entry(item, `${at}[${index}]`)));
  // A summary of a quiet time.
  if (entries.length === 0 && isForeign(payload['alerts']))
    return { alerts: [], rejected: [], remarks: [], aside: true };
  return readItems({
    items: entries,
    at: 'alerts',
    read: (entry, at, details) => {
      const { item, at: here } = entry instanceof Entry ? entry : new Entry(entry, at);
      if (isForeign(item)) return readKibanaAlert(new Map([...shared, ...flatten(item, here)]), here, details, setting);
      details.push({ path: here, message: `expected an alert (an object), came ${came(item)}` });
      return null;
    },
    wrap: (rejected) => ({
      ...small(around),
      alerts: rejected.map((entry) => (entry instanceof Entry ? entry.item : entry)),
    }),
    remarks: setting.remarks,
  });
}

/** An alert of one of several lists, and where it stands. */
class Entry {
  readonly item: unknown;
  readonly at: string;

  constructor(item: unknown, at: string) {
    this.item = item;
    this.at = at;
  }
}

/** What a rejected alert needs around it to be posted again; long values stay behind. */
function small(around: Foreign): Foreign {
  return Object.fromEntries(
    Object.entries(around)
      .filter(([, value]) => typeof value === 'string' && value.length <= 4_096)
      .slice(0, 50),
  );
}
