import { z } from 'zod';
import type { Alert } from '../../domain/alert/alert.js';
import { durationMs } from '../../domain/duration.js';
import { FixpointError } from '../../domain/errors.js';
import { labelOf } from '../../domain/alert/label.js';
import { allOpen } from '../../domain/alert/open-occurrence.js';
import type { OpenOccurrence } from '../../domain/alert/open-occurrence.js';
import type { Reconciled, ReconcilerDeps, SourceReconciler } from '../../domain/source.js';
import { ZabbixApi } from './api.js';
import type { ZabbixApiConfig } from './api.js';
import { Problem, problemBody, recoveryBody, TriggerFacts } from './bodies.js';
import type { HostFacts } from './bodies.js';

/** A problem this young may still be on its way as a webhook. */
const GRACE_MS = 120_000;
const PAGE = 1_000;
const MAX_PROBLEMS = 20_000;
const MAX_OPEN = 100_000;
/** Ids in one question. */
const CHUNK = 200;

/** Zabbix gives a message up after three tries: what it holds for a problem, and what is held for one here, are made the same again. */
export function openZabbixReconciler(config: ZabbixApiConfig, deps: ReconcilerDeps): SourceReconciler | null {
  const { reconcile, acknowledge } = config;
  const every_ms = durationMs(reconcile);
  if (every_ms === 0 && !acknowledge) return null;
  const zabbix = new Reconciler(config, deps);
  return {
    every_ms: every_ms === 0 ? null : every_ms,
    look: (signal) => zabbix.look(signal),
    ...(acknowledge
      ? {
          acknowledge: (alert, { run_id, playbook_id }, signal) =>
            zabbix.acknowledge(eventOf(alert), run_id, `run ${run_id} of playbook ${playbook_id}`, signal),
        }
      : {}),
    stop: () => zabbix.stop(),
  };
}

const Event = z.object({ eventid: z.string(), r_eventid: z.string().nullish(), clock: z.string().nullish() });
const Host = z.object({
  hostid: z.string(),
  interfaces: z.array(z.object({ ip: z.string(), main: z.string() })).default([]),
});
const Group = z.object({ name: z.string(), hosts: z.array(z.object({ hostid: z.string() })).default([]) });

class Reconciler {
  readonly #config: ZabbixApiConfig;
  readonly #deps: ReconcilerDeps;
  readonly #api: ZabbixApi;

  constructor(config: ZabbixApiConfig, deps: ReconcilerDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#api = new ZabbixApi(config, deps.clock);
  }

  stop(): Promise<void> {
    return this.#api.stop();
  }

  async look(signal: AbortSignal): Promise<Reconciled> {
    const problems = await this.#problems(signal);
    // After the problems: what came in between is known by now.
    const open = await allOpen(this.#deps.occurrences, 'zabbix', MAX_OPEN);
    const known = new Set(open.map(({ alert }) => eventOf(alert)));
    const late = Math.floor((this.#deps.clock.now() - GRACE_MS) / 1_000);
    const missed = problems.filter(({ eventid, clock }) => !known.has(eventid) && Number(clock) <= late);
    const taken = await this.#takeMissed(missed, signal);
    const still = new Set(problems.map(({ eventid }) => eventid));
    const ended = await this.#endWhatEnded(
      open.filter(({ alert }) => /^\d+$/.test(eventOf(alert)) && !still.has(eventOf(alert))),
      signal,
    );
    if (this.#config.acknowledge) await this.#acknowledgeLeft(problems, open, signal);
    return { taken, ended };
  }

  /** What is in a maintenance is left out, as Zabbix' own actions do. */
  async #problems(signal: AbortSignal): Promise<Problem[]> {
    const all: Problem[] = [];
    for (let from = '0'; all.length < MAX_PROBLEMS;) {
      const page = await this.#ask('problem.get', z.array(Problem), signal, {
        source: 0,
        object: 0,
        suppressed: false,
        output: ['eventid', 'objectid', 'clock', 'name', 'severity', 'opdata'],
        selectTags: 'extend',
        ...(this.#config.acknowledge ? { selectAcknowledges: ['message'] } : {}),
        eventid_from: from,
        sortfield: ['eventid'],
        sortorder: 'ASC',
        limit: PAGE,
      });
      all.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      from = String(BigInt(last.eventid) + 1n);
    }
    return all;
  }

  async #takeMissed(missed: readonly Problem[], signal: AbortSignal): Promise<number> {
    let taken = 0;
    for (const problems of chunks(missed)) {
      const triggers = await this.#triggers([...new Set(problems.map(({ objectid }) => objectid))], signal);
      const hosts = await this.#hosts(
        [...triggers.values()].flatMap((trigger) => trigger.hosts[0]?.hostid ?? []),
        signal,
      );
      for (const problem of problems) {
        const trigger = triggers.get(problem.objectid);
        taken += await this.#deps.take(problemBody(problem, trigger, hosts.get(trigger?.hosts[0]?.hostid ?? '')));
      }
    }
    return taken;
  }

  async #triggers(triggerids: readonly string[], signal: AbortSignal): Promise<Map<string, TriggerFacts>> {
    const found = await this.#ask('trigger.get', z.array(TriggerFacts), signal, {
      triggerids,
      output: ['triggerid', 'description', 'expression', 'comments', 'url'],
      selectHosts: ['hostid', 'host', 'name'],
      selectItems: ['name', 'key_', 'lastvalue', 'units'],
      expandDescription: true,
      expandExpression: true,
    });
    return new Map(found.map((trigger) => [trigger.triggerid, trigger]));
  }

  async #hosts(ids: readonly string[], signal: AbortSignal): Promise<Map<string, HostFacts>> {
    const hostids = [...new Set(ids)];
    if (hostids.length === 0) return new Map();
    const hosts = await this.#ask('host.get', z.array(Host), signal, {
      hostids,
      output: ['hostid'],
      selectInterfaces: ['ip', 'main'],
    });
    const groups = await this.#ask('hostgroup.get', z.array(Group), signal, {
      hostids,
      output: ['name'],
      selectHosts: ['hostid'],
    });
    return new Map(
      hosts.map(({ hostid, interfaces }) => {
        const address = interfaces.find(({ main }) => main === '1') ?? interfaces[0];
        const own = groups.filter((group) => group.hosts.some((host) => host.hostid === hostid));
        return [hostid, { ip: address?.ip || null, groups: own.map(({ name }) => name) }];
      }),
    );
  }

  /** Only what Zabbix itself says has ended: an event that it does not know (any more) says nothing. */
  async #endWhatEnded(gone: readonly OpenOccurrence[], signal: AbortSignal): Promise<number> {
    let ended = 0;
    for (const occurrences of chunks(gone)) {
      const eventids = occurrences.map(({ alert }) => eventOf(alert));
      const events = await this.#events(eventids, signal);
      const over = occurrences.filter(({ alert }) => (events.get(eventOf(alert))?.r_eventid ?? '0') !== '0');
      if (over.length === 0) continue;
      const recoveries = await this.#events(
        over.map(({ alert }) => events.get(eventOf(alert))?.r_eventid ?? ''),
        signal,
      );
      for (const { alert } of over) {
        const recovery = recoveries.get(events.get(eventOf(alert))?.r_eventid ?? '');
        ended += await this.#deps.take(recoveryBody(alert, eventOf(alert), recovery?.clock ?? null));
      }
    }
    return ended;
  }

  async #events(eventids: readonly string[], signal: AbortSignal): Promise<Map<string, z.infer<typeof Event>>> {
    const output = ['eventid', 'r_eventid', 'clock'];
    const found = await this.#ask('event.get', z.array(Event), signal, { eventids, output });
    return new Map(found.map((event) => [event.eventid, event]));
  }

  /** What could not be told when a run began is told now: Zabbix knows which of our messages it has. */
  async #acknowledgeLeft(
    problems: readonly Problem[],
    open: readonly OpenOccurrence[],
    signal: AbortSignal,
  ): Promise<void> {
    const byEvent = new Map(problems.map((problem) => [problem.eventid, problem]));
    for (const { alert, run_ids } of open) {
      const problem = byEvent.get(eventOf(alert));
      const run_id = run_ids.at(-1);
      if (problem === undefined || run_id === undefined) continue;
      if (problem.acknowledges.some(({ message }) => message.includes(run_id))) continue;
      await this.acknowledge(problem.eventid, run_id, `run ${run_id}`, signal);
    }
  }

  /** Acknowledges (2) and adds a message (4). */
  async acknowledge(eventid: string, run_id: string, what: string, signal: AbortSignal): Promise<void> {
    if (!/^\d{1,20}$/.test(eventid) || run_id === '') return;
    const message = `Fixpoint: ${what} works on it`;
    await this.#ask('event.acknowledge', z.unknown(), signal, { eventids: [eventid], action: 6, message });
  }

  async #ask<Answer>(method: string, schema: z.ZodType<Answer>, signal: AbortSignal, params: unknown): Promise<Answer> {
    const called = await this.#api.call(method, params, signal);
    if (called.type === 'failed') throw new FixpointError('unavailable', called.reason);
    const read = schema.safeParse(called.value);
    if (read.success) return read.data;
    const place = read.error.issues[0]?.path.map(String).join('.') ?? '';
    throw new FixpointError(
      'unavailable',
      `Zabbix at ${this.#api.target} answered ${method} with something else (${place})`,
    );
  }
}

function eventOf(alert: Alert): string {
  return labelOf(alert.labels, 'event_id') || alert.occurrence_id;
}

function* chunks<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += CHUNK) yield items.slice(from, from + CHUNK);
}
