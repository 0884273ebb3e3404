import { SearchAnswer, SearchQuery } from '../domain/api/search.js';
import type { SearchItem, SearchType } from '../domain/api/search.js';
import type { CheckedPlaybook } from '../domain/playbook/playbook.js';
import type { Rule } from '../domain/rule/rule.js';
import type { Found, FoundAlert, FoundIncident, FoundRun } from '../domain/search.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers } from './route.js';
import type { Api } from './route.js';
import { ruleTexts } from './rule-list.js';

/** What the beginning of an id can look like: letters of a ULID. Fewer of them are a word more often than not. */
const ID_BEGIN = /^[0-9A-HJKMNP-TV-Z]{3,26}$/i;

/** Finds alerts, runs, incidents, playbooks and rules by the beginning of their id, or by a word. */
export function searchRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  app.get(
    '/api/v1/search',
    {
      onRequest: auth.require('read'),
      schema: { tags: ['search'], querystring: SearchQuery, ...answers(200, SearchAnswer) },
    },
    (request) => search(deps, request.query),
  );
}

/** One type of what is found. */
interface Part {
  readonly type: SearchType;
  readonly find: () => Found<SearchItem> | Promise<Found<SearchItem>>;
}

async function search(deps: HttpDeps, { q, type, limit }: SearchQuery): Promise<SearchAnswer> {
  const items: SearchItem[] = [];
  const more: SearchType[] = [];
  // One after the other: the embedded store has one session, and a search must not fill it.
  for (const part of partsOf(deps, q, limit)) {
    if (type !== undefined && type !== part.type) continue;
    const found = await part.find();
    items.push(...found.items);
    if (!found.complete) more.push(part.type);
  }
  return { items, more, complete: more.length === 0 };
}

/** In the order in which they are told. */
function partsOf(deps: HttpDeps, text: string, limit: number): readonly Part[] {
  const { playbooks, rules } = deps.catalog.content();
  const { search } = deps.store;
  const asked = { idPrefix: ID_BEGIN.test(text) ? text : null, text, limit };
  const foundPlaybooks = first([...playbooks.values()], (checked) => playbookTexts(checked), asked);
  const ids = foundPlaybooks.items.map(({ playbook }) => playbook.playbook_id);
  const incidents: Ways<FoundIncident> = {
    byId: (prefix, most) => search.incidentsById(prefix, most),
    byText: (word, most) => search.incidents(word, most),
    idOf: ({ incident_id }) => incident_id,
  };
  const runs: Ways<FoundRun> = {
    byId: (prefix, most) => search.runsById(prefix, most),
    byText: (word, most) => search.runs(word, ids, most),
    idOf: ({ run_id }) => run_id,
  };
  const alerts: Ways<FoundAlert> = {
    byId: (prefix, most) => search.alertsById(prefix, most),
    byText: (word, most) => search.alerts(word, most),
    idOf: ({ alert_id }) => alert_id,
  };
  return [
    { type: 'incident', find: async () => told(await both(asked, incidents), incidentItem) },
    { type: 'run', find: async () => told(await both(asked, runs), runItem) },
    { type: 'alert', find: async () => told(await both(asked, alerts), alertItem) },
    { type: 'playbook', find: () => told(foundPlaybooks, playbookItem) },
    { type: 'rule', find: () => told(first(rules, ruleTexts, asked), ruleItem) },
  ];
}

function told<Item>({ items, complete }: Found<Item>, itemOf: (item: Item) => SearchItem): Found<SearchItem> {
  return { items: items.map(itemOf), complete };
}

interface Asked {
  readonly idPrefix: string | null;
  readonly text: string;
  readonly limit: number;
}

interface Ways<Item> {
  readonly byId: (prefix: string, limit: number) => Promise<Item[]>;
  readonly byText: (text: string, limit: number) => Promise<Found<Item>>;
  readonly idOf: (item: Item) => string;
}

/** What is found by id first, then by word; each thing once. */
async function both<Item>({ idPrefix, text, limit }: Asked, { byId, byText, idOf }: Ways<Item>): Promise<Found<Item>> {
  const named = idPrefix === null ? [] : await byId(idPrefix, limit + 1);
  // Who gives so much of an id means the id.
  if (named.length > limit || (named.length > 0 && text.length >= 10))
    return { items: named.slice(0, limit), complete: named.length <= limit };
  const { items, complete } = await byText(text, limit);
  const all = new Map([...named, ...items].map((item) => [idOf(item), item]));
  return { items: [...all.values()].slice(0, limit), complete: complete && all.size <= limit };
}

/** Those in memory: where the text begins the first of an item's texts, then where it stands in any of them. */
function first<Item>(
  items: Iterable<Item>,
  textsOf: (item: Item) => readonly string[],
  { text, limit }: Asked,
): Found<Item> {
  const wanted = text.toLowerCase();
  const begins: Item[] = [];
  const holds: Item[] = [];
  for (const item of items) {
    const texts = textsOf(item);
    if (texts[0]?.toLowerCase().startsWith(wanted)) begins.push(item);
    else if (holds.length <= limit && texts.some((each) => each.toLowerCase().includes(wanted))) holds.push(item);
    if (begins.length > limit) break;
  }
  const all = [...begins, ...holds];
  return { items: all.slice(0, limit), complete: all.length <= limit };
}

function playbookTexts({ playbook }: CheckedPlaybook): string[] {
  return [playbook.playbook_id, playbook.name ?? '', playbook.description ?? ''];
}

function words(...parts: readonly (string | null | undefined)[]): string {
  return parts.filter((part) => part !== null && part !== undefined && part !== '').join(' · ');
}

function alertItem({ alert_id, alert_name, service_name, severity, status, received_at }: FoundAlert): SearchItem {
  return {
    type: 'alert',
    id: alert_id,
    title: alert_name,
    detail: service_name ?? '',
    at: received_at,
    severity,
    state: status,
  };
}

function runItem({ run_id, playbook_id, service_name, state, created_at }: FoundRun): SearchItem {
  return { type: 'run', id: run_id, title: playbook_id, detail: service_name ?? '', at: created_at, state };
}

function incidentItem(incident: FoundIncident): SearchItem {
  const { incident_id, alert_name, service_names, state, priority, opened_at } = incident;
  const detail = service_names.slice(0, 5).join(', ');
  return { type: 'incident', id: incident_id, title: alert_name, detail, at: opened_at, priority, state };
}

function playbookItem({ playbook }: CheckedPlaybook): SearchItem {
  const { playbook_id, name } = playbook;
  return { type: 'playbook', id: playbook_id, title: name ?? playbook_id, detail: playbook_id, at: null };
}

function ruleItem({ rule_id, playbook_id, description }: Rule): SearchItem {
  return { type: 'rule', id: rule_id, title: rule_id, detail: words(playbook_id, description), at: null };
}
