import { SearchAnswer, SearchQuery } from '../domain/api/search.js';
import type { SearchItem } from '../domain/api/search.js';
import type { CheckedPlaybook } from '../domain/playbook.js';
import type { Rule } from '../domain/rule.js';
import type { Found, FoundAlert, FoundIncident, FoundRun } from '../domain/search.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers } from './route.js';
import type { Api } from './route.js';
import { ruleTexts } from './rule-list.js';

/** Of each type. */
const MAX_FOUND = 10;
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
    (request) => search(deps, request.query.q),
  );
}

async function search(deps: HttpDeps, text: string): Promise<SearchAnswer> {
  const { playbooks, rules } = deps.catalog.content();
  const foundPlaybooks = first([...playbooks.values()], (checked) => playbookTexts(checked), text);
  const foundRules = first(rules, ruleTexts, text);
  const found = deps.store.search;
  const idPrefix = ID_BEGIN.test(text) ? text : null;
  // One after the other: the embedded store has one session, and a search must not fill it.
  const ids = foundPlaybooks.items.map(({ playbook }) => playbook.playbook_id);
  const alerts = await both<FoundAlert>(idPrefix, text, {
    byId: (prefix, limit) => found.alertsById(prefix, limit),
    byText: (word, limit) => found.alerts(word, limit),
    idOf: ({ alert_id }) => alert_id,
  });
  const runs = await both<FoundRun>(idPrefix, text, {
    byId: (prefix, limit) => found.runsById(prefix, limit),
    byText: (word, limit) => found.runs(word, ids, limit),
    idOf: ({ run_id }) => run_id,
  });
  const incidents = await both<FoundIncident>(idPrefix, text, {
    byId: (prefix, limit) => found.incidentsById(prefix, limit),
    byText: (word, limit) => found.incidents(word, limit),
    idOf: ({ incident_id }) => incident_id,
  });
  return {
    items: [
      ...incidents.items.map(incidentItem),
      ...runs.items.map(runItem),
      ...alerts.items.map(alertItem),
      ...foundPlaybooks.items.map(playbookItem),
      ...foundRules.items.map(ruleItem),
    ],
    complete: [alerts, runs, incidents, foundPlaybooks, foundRules].every(({ complete }) => complete),
  };
}

interface Ways<Item> {
  readonly byId: (prefix: string, limit: number) => Promise<Item[]>;
  readonly byText: (text: string, limit: number) => Promise<Found<Item>>;
  readonly idOf: (item: Item) => string;
}

/** What is found by id first, then by word; each thing once. */
async function both<Item>(
  idPrefix: string | null,
  text: string,
  { byId, byText, idOf }: Ways<Item>,
): Promise<Found<Item>> {
  const named = idPrefix === null ? [] : await byId(idPrefix, MAX_FOUND + 1);
  // Who gives so much of an id means the id.
  if (named.length > MAX_FOUND || (named.length > 0 && text.length >= 10))
    return { items: named.slice(0, MAX_FOUND), complete: named.length <= MAX_FOUND };
  const { items, complete } = await byText(text, MAX_FOUND);
  const all = new Map([...named, ...items].map((item) => [idOf(item), item]));
  return { items: [...all.values()].slice(0, MAX_FOUND), complete: complete && all.size <= MAX_FOUND };
}

/** Those in memory: where the text begins the first of an item's texts, then where it stands in any of them. */
function first<Item>(items: Iterable<Item>, textsOf: (item: Item) => readonly string[], text: string): Found<Item> {
  const wanted = text.toLowerCase();
  const begins: Item[] = [];
  const holds: Item[] = [];
  for (const item of items) {
    const texts = textsOf(item);
    if (texts[0]?.toLowerCase().startsWith(wanted)) begins.push(item);
    else if (holds.length <= MAX_FOUND && texts.some((each) => each.toLowerCase().includes(wanted))) holds.push(item);
    if (begins.length > MAX_FOUND) break;
  }
  const all = [...begins, ...holds];
  return { items: all.slice(0, MAX_FOUND), complete: all.length <= MAX_FOUND };
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
    detail: words(service_name, severity, status),
    at: received_at,
  };
}

function runItem({ run_id, playbook_id, service_name, state, created_at }: FoundRun): SearchItem {
  return { type: 'run', id: run_id, title: playbook_id, detail: words(service_name, state), at: created_at };
}

function incidentItem({ incident_id, alert_name, service_names, state, opened_at }: FoundIncident): SearchItem {
  const services = service_names.slice(0, 5).join(', ');
  return { type: 'incident', id: incident_id, title: alert_name, detail: words(services, state), at: opened_at };
}

function playbookItem({ playbook }: CheckedPlaybook): SearchItem {
  const { playbook_id, name } = playbook;
  return { type: 'playbook', id: playbook_id, title: name ?? playbook_id, detail: playbook_id, at: null };
}

function ruleItem({ rule_id, playbook_id, description }: Rule): SearchItem {
  return { type: 'rule', id: rule_id, title: rule_id, detail: words(playbook_id, description), at: null };
}
