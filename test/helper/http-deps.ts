import { createHash, randomBytes } from 'node:crypto';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import type { AuditEntry } from '../../src/domain/access/audit.js';
import type { DeadLetter } from '../../src/domain/alert/dead-letter.js';
import type { PauseState } from '../../src/domain/pause.js';
import type { TokenRecord } from '../../src/domain/access/token.js';
import type { Store } from '../../src/domain/store.js';
import type { Problem } from '../../src/domain/catalog.js';
import type { CheckedPlaybook } from '../../src/domain/playbook/playbook.js';
import type { IncidentDetail } from '../../src/domain/incident/incident.js';
import type { Rule } from '../../src/domain/rule/rule.js';
import type { Approval, Run, RunEvent, StoredEvent } from '../../src/domain/run/run.js';
import type { RuleExplanation } from '../../src/domain/decision/decision.js';
import type { Suppressed } from '../../src/domain/suppression/suppression-set.js';
import type { Storm } from '../../src/domain/decision/storm.js';
import { SuppressionSet } from '../../src/domain/suppression/suppression-set.js';
import type { KeptPayload } from '../../src/domain/alert/payload.js';
import type { Search } from '../../src/domain/search.js';
import type { Survey } from '../../src/domain/survey.js';
import type { NewSession } from '../../src/domain/access/session.js';
import type { ExecutorSpec } from '../../src/domain/executor.js';
import type { Accepted } from '../../src/domain/api/alert.js';
import type { Dialed, HttpDeps, RunRequest } from '../../src/http/deps.js';
import type { RunCommand } from '../../src/schedule/by-hand.js';
import type { Report } from '../../src/domain/run/report.js';
import { FixpointError } from '../../src/domain/errors.js';
import type { KeptSuppression } from '../../src/domain/suppression/suppression.js';
import type { ForeseenDecision, ForeseenStage } from '../../src/domain/decision/foresight.js';
import type { OpenAlert } from '../../src/domain/suppression/hold-store.js';
import { createIds } from '../../src/domain/id.js';
import { instant } from '../../src/domain/clock.js';
import { transition } from '../../src/domain/run/transition.js';
import { checkTexts } from '../../src/catalog/check-texts.js';
import { AN_EMPTY_BACKTEST } from './an-empty-backtest.js';
import { FakeClock } from './fake-clock.js';
import { memorySessions } from './memory-sessions.js';
import { memorySearch, memorySurvey } from './memory-survey.js';
import { memorySuppressions } from './memory-suppressions.js';

/** A token's hash as the store keeps it. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export const ADMIN_TOKEN = 'the-admin-token';

/** The outside world of the HTTP face in memory: tests put things in and look at what was asked for. */
export class HttpWorld {
  readonly clock = new FakeClock();
  readonly alerts: StoredAlert[] = [];
  readonly runs = new Map<string, { run: Run; events: StoredEvent[] }>();
  readonly approvals = new Map<string, Approval>();
  readonly letters: (DeadLetter & { raw: Uint8Array })[] = [];
  readonly payloads = new Map<string, KeptPayload>();
  readonly auditEntries: AuditEntry[] = [];
  readonly replaying = new Set<string>();
  readonly tokens = new Map<string, TokenRecord>();
  readonly sessions = new Map<string, NewSession>();
  readonly playbooks = new Map<string, CheckedPlaybook>();
  readonly broken = new Map<string, readonly Problem[]>();
  readonly logged: { readonly fields: unknown; readonly message: string }[] = [];
  readonly asked: { readonly what: string; readonly with: unknown }[] = [];
  readonly incidents: IncidentDetail[] = [];
  rules: Rule[] = [];
  explanations: RuleExplanation[] = [];
  suppressions = new SuppressionSet({ silences: [], windows: [], inhibit_rules: [] });
  held: Suppressed[] = [];
  readonly kept: KeptSuppression[] = [];
  open: OpenAlert[] = [];
  storms: Storm[] = [];
  foreseen: ForeseenDecision = {
    ...{ action: 'drop', reason: 'no_match', rule_id: null, playbook_id: null, playbook_ids: [], run_id: null },
    ...{ until: null, by: null, explanation: 'no rule matches' },
  };
  stages: ForeseenStage[] = [];
  changes = 0;
  specs: ExecutorSpec[] = [];
  pause: PauseState = { paused: false, by: null, reason: null, at: null };
  ready: () => Promise<void> = async () => undefined;
  stuck: readonly string[] = [];
  accept: (source: string | null, body: Uint8Array, received_from?: string) => Promise<Accepted> = async () => ({
    accepted: 1,
    alerts: [{ alert_id: '01KAJ000000000000000000001', fingerprint: 'c0ffee', status: 'firing' }],
    rejected: 0,
  });
  replay: (source: string | null, body: Uint8Array, received_from: string) => Promise<Accepted> = async () => ({
    accepted: 1,
    alerts: [],
    rejected: 0,
  });
  checkRoom: (bytes: number) => void = () => undefined;
  survey: Survey = memorySurvey();
  search: Search = memorySearch();
  dial: (what: string, signal: AbortSignal) => Promise<Dialed> = async () => ({ checks: [], note: null });
  busLag: () => Promise<number> = async () => 0;
  startRun: (playbook_id: string, request: RunRequest) => Promise<string> = async () => 'run-1';
  findToken: (hash: string) => Promise<TokenRecord | null> = async (hash) => this.tokens.get(hash) ?? null;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #ids = createIds(() => this.clock.now(), randomBytes);

  /** Adds events to a run as its scheduler would, and tells who listens. */
  happen(run_id: string, ...events: RunEvent[]): void {
    const known = this.runs.get(run_id);
    let run = known?.run ?? null;
    const stored = known?.events ?? [];
    for (const event of events) {
      run = transition(run, event);
      stored.push({ ...event, seq: stored.length + 1, run_id });
    }
    if (run !== null) this.runs.set(run_id, { run, events: stored });
    for (const listener of this.#listeners.get(run_id) ?? []) listener();
  }

  /** A run that has been opened. */
  openRun(run_id: string, over: Partial<Run> = {}): void {
    this.happen(run_id, {
      type: 'run_opened',
      at: instant(this.clock.now()),
      run: {
        run_id,
        playbook_id: 'PB-Payment-Troubleshoot',
        playbook_version: 'v1',
        playbook_name: 'Payment latency',
        rule_id: 'R002',
        service_name: 'payment-gateway',
        group_key: 'g',
        mode: 'auto',
        dry_run: false,
        parent_run_id: null,
        depth: 0,
        requested_by: 'rule:R002',
        alert: null,
        ...over,
      },
    });
  }

  listeners(run_id: string): number {
    return this.#listeners.get(run_id)?.size ?? 0;
  }

  token(token: string, role: TokenRecord['role']): void {
    this.tokens.set(hashOf(token), { token_id: `id-${role}`, name: `a ${role}`, role, created_at: instant(0) });
  }

  deps(over: Partial<HttpDeps> = {}): HttpDeps {
    return {
      store: this.#store(),
      ingest: {
        accept: (source, body, from) => this.accept(source, body, from),
        acceptAny: (body, from) => this.accept(null, body, from),
        replay: (source, body, from) => this.replay(source, body, from),
        checkRoom: (bytes) => this.checkRoom(bytes),
      },
      catalog: {
        content: () => ({ playbooks: this.playbooks, rules: this.rules, problems: [], broken: this.broken }),
        whole: async () => undefined,
        onChange: () => () => undefined,
        stop: async () => undefined,
      },
      rules: () => ({ explain: () => this.explanations }),
      foresee: async (alert) => ({ alert, decision: this.foreseen, stages: this.stages }),
      suppressions: { set: this.suppressions, explain: () => this.held, changed: async () => void (this.changes += 1) },
      executorSpecs: new Map(this.specs.map((spec) => [spec.kind, spec])),
      startRun: (playbook_id, request) => this.startRun(playbook_id, request),
      backtest: async (request, since) => {
        this.asked.push({ what: `backtest ${since}`, with: request });
        return AN_EMPTY_BACKTEST;
      },
      endStorms: async (command) => {
        this.asked.push({ what: 'end storms', with: command });
        if (this.storms.length === 0) throw new FixpointError('conflict', 'there is no storm now');
        this.storms = [];
      },
      incidents: {
        act: async (incident_id, command) => void this.asked.push({ what: `act ${incident_id}`, with: command }),
      },
      people: {
        steer: async (run_id, command) => this.#steer(run_id, command),
        answer: async (run_id, command) => void this.asked.push({ what: `answer ${run_id}`, with: command }),
        confirm: async (run_id, command) => void this.asked.push({ what: `confirm ${run_id}`, with: command }),
        retry: async (run_id, command) => void this.asked.push({ what: `retry ${run_id}`, with: command }),
      },
      connections: {
        notifiers: ['slack', 'email'],
        defaultNotifiers: ['slack'],
        checkExecutor: (kind, signal) => this.dial(kind, signal),
        checkNotifier: (name, signal) => this.dial(name, signal),
      },
      process: {
        started_at: instant(0),
        default_mode: 'shadow',
        roles: ['ingest', 'schedule'],
        health: async () => [{ name: 'store', ok: true, message: '' }],
        busLag: () => this.busLag(),
      },
      checkText: async (file, text) =>
        checkTexts(
          [{ file, text }],
          new Map(this.specs.map((spec) => [spec.kind, spec])),
          new Set(this.playbooks.keys()),
        ),
      reports: {
        build: async (run_id, language) => this.#report(run_id, language),
        text: (report) => `text of ${report.run_id}\n`,
        html: (report) => `<p>${report.run_id}</p>`,
      },
      metricsText: async () => 'fixpoint_build_info 1\n',
      readiness: () => this.ready(),
      adminToken: ADMIN_TOKEN,
      sourceSecrets: new Map([['alertmanager', 'am-secret']]),
      clock: this.clock,
      ids: this.#ids,
      log: this.#log(),
      config: {
        bodyLimit: 5 * 1024 * 1024,
        publicUrl: null,
        language: 'en',
        sessionMs: 12 * 3_600_000,
        payloads: { keep: true, max_age_ms: 7 * 86_400_000 },
        webDir: '/nowhere/at/all',
      },
      version: '0.1.0',
      ...over,
    };
  }

  #log(): HttpDeps['log'] {
    const write = (fields: unknown, message: string): void => void this.logged.push({ fields, message });
    const log: HttpDeps['log'] = { info: write, warn: write, error: write, child: () => log };
    return log;
  }

  #steer(run_id: string, command: RunCommand): void {
    const run = this.runs.get(run_id)?.run;
    if (!run) throw new FixpointError('not_found', `there is no run ${run_id}`);
    const { by, reason } = command;
    const at = instant(this.clock.now());
    this.asked.push({ what: `steer ${run_id}`, with: command });
    if (command.type === 'resume') this.happen(run_id, { type: 'run_resumed', at, by });
    else
      this.happen(run_id, { type: command.type === 'pause' ? 'run_paused' : 'run_cancel_requested', at, by, reason });
  }

  #report(run_id: string, language: 'en' | 'zh'): Awaited<ReturnType<HttpDeps['reports']['build']>> {
    const run = this.runs.get(run_id)?.run;
    if (!run) return null;
    return {
      run_id,
      language,
      title: 'a report',
      state: run.state,
      summary: 'it went well',
      seen: [],
    } satisfies Partial<Report> as Partial<Report> as Report; // the server hands it on as it is
  }

  #store(): Store {
    const unused = (): never => {
      throw new Error('the HTTP face has no business with this');
    };
    const ask = (what: string, value: unknown): void => void this.asked.push({ what, with: value });
    return {
      alerts: {
        get: async (alert_id) => this.alerts.find((alert) => alert.alert_id === alert_id) ?? null,
        list: async (filter, page) => {
          ask('alerts', { filter, page });
          return { items: this.alerts.slice(0, page.limit), next_cursor: null };
        },
      },
      runView: {
        get: async (run_id) => {
          const known = this.runs.get(run_id);
          if (!known) return null;
          const { steps, joined: _joined, ending: _ending, ...header } = known.run;
          return { ...header, steps: Object.values(steps), deliveries: [] };
        },
        list: async (filter, page) => {
          ask('runs', { filter, page });
          return {
            items: [...this.runs.values()].map(({ run: { steps: _s, joined: _j, ending: _e, ...header } }) => header),
            next_cursor: null,
          };
        },
        steps: async (run_ids) => {
          ask('steps', run_ids);
          return new Map(
            run_ids.flatMap((run_id) => {
              const known = this.runs.get(run_id);
              return known ? [[run_id, Object.values(known.run.steps)] as const] : [];
            }),
          );
        },
        events: async (run_id, after) =>
          (this.runs.get(run_id)?.events ?? []).filter((e) => e.seq > after).slice(0, 1_000),
        onEvents: (run_id, listener) => {
          const all = this.#listeners.get(run_id) ?? new Set();
          this.#listeners.set(run_id, all.add(listener));
          return () => void all.delete(listener);
        },
        stats: async (since) => {
          ask('stats', since);
          return { alerts: [], runs: [], undecided: 0, complete: true };
        },
      },
      approvals: {
        get: async (approval_id) => this.approvals.get(approval_id) ?? null,
        list: async (filter, page) => {
          ask('approvals', { filter, page });
          return { items: [...this.approvals.values()], next_cursor: null };
        },
      },
      payloads: { keep: unused, find: async (alert_id) => this.payloads.get(alert_id) ?? null },
      deadLetters: {
        add: unused,
        list: async () => ({ items: this.letters.map(({ raw: _raw, ...letter }) => letter), next_cursor: null }),
        get: async (id) => this.letters.find((letter) => letter.dead_letter_id === id) ?? null,
        beginReplay: async (id) => {
          if (this.replaying.has(id)) return false;
          this.replaying.add(id);
          return true;
        },
        endReplay: async (id, at) => {
          this.replaying.delete(id);
          if (at === null) return;
          const index = this.letters.findIndex((letter) => letter.dead_letter_id === id);
          this.letters[index] = { ...this.letters[index]!, replayed_at: at };
        },
      },
      tokens: {
        add: async ({ hash, ...record }) => void this.tokens.set(hash, record),
        find: (hash) => this.findToken(hash),
        count: async () => this.tokens.size,
        list: async (page) => ({ items: [...this.tokens.values()].slice(0, page.limit), next_cursor: null }),
        remove: async (token_id, keep_an_admin) => {
          const all = [...this.tokens];
          const [hash, token] = all.find(([, known]) => known.token_id === token_id) ?? [];
          if (hash === undefined || token === undefined) return 'unknown';
          const last = all.filter(([, known]) => known.role === 'admin').length === 1;
          if (keep_an_admin && token.role === 'admin' && last) return 'last_admin';
          this.tokens.delete(hash);
          return token;
        },
      },
      sessions: memorySessions(this.sessions, this.tokens),
      survey: this.survey,
      search: this.search,
      audit: {
        add: async (entry) => void this.auditEntries.push(entry),
        list: async (page, filter) => {
          ask('audit', { page, filter });
          return { items: this.auditEntries, next_cursor: null };
        },
      },
      playbooks: {
        record: unused,
        versions: async (playbook_id) => {
          const known = this.playbooks.get(playbook_id);
          const items = known
            ? [{ playbook_id, version: known.version, source: known.source, first_seen_at: instant(0) }]
            : [];
          return { items, next_cursor: null };
        },
        version: async (playbook_id, version) => {
          const known = this.playbooks.get(playbook_id);
          if (known?.version !== version) return null;
          const { source, playbook } = known;
          return { playbook_id, version, source, playbook, first_seen_at: instant(0) };
        },
      },
      incidents: {
        get: async (incident_id) => this.incidents.find((incident) => incident.incident_id === incident_id) ?? null,
        list: async (filter, page) => {
          ask('incidents', { filter, page });
          return { items: this.incidents, next_cursor: null };
        },
        ofAlert: async () => this.incidents[0] ?? null,
        worst: async (limit) => this.incidents.slice(0, limit),
        countOpen: async () => ({ P1: this.incidents.length }),
      } as Partial<Store['incidents']> as Store['incidents'], // the rest is no business of the HTTP face
      pause: { read: async () => this.pause, set: async (state) => void (this.pause = state) },
      suppressions: memorySuppressions(this.kept),
      storm: { tally: unused, move: unused, current: async () => this.storms, summary: unused },
      ruleHistory: {
        record: unused,
        versions: async () => ({ items: [], next_cursor: null }),
        rulesOf: async () => null,
        at: async () => null,
      },
      ruleCounts: { add: unused, find: async () => [] },
      holds: {
        release: unused,
        releaseOthers: unused,
        openAlerts: async (after, limit) =>
          this.open.filter(({ key }) => after === null || key > after).slice(0, limit),
        sourceKeys: unused,
        sources: unused,
        mendSources: unused,
        sourcesFor: unused,
        setSourcesFor: unused,
      },
      ready: () => this.ready(),
      stuck: () => this.stuck,
      description: 'in memory',
      check: unused,
      stop: async () => undefined,
    } as Partial<Store> as Store; // the HTTP face has no business with the rest of it
  }
}
