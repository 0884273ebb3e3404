import type { Alert } from '../../domain/alert/alert.js';
import { alertOfDraft } from '../../domain/api/alert.js';
import type { CheckedPlaybook } from '../../domain/playbook/playbook.js';
import type { Rule } from '../../domain/rule/rule.js';
import type { Parts } from '../parts.js';
import type { Deviations, Turn } from './fate.js';
import { evidenceFor } from './findings.js';
import type { Findings } from './findings.js';
import { PACE } from './exploring-cast.js';
import { gatesOf, looseGates, pacedSteps } from './gates.js';
import { Judge } from './invariants.js';
import type { Violation } from './invariants.js';
import { goThrough } from './path.js';
import type { Path, Subject } from './path.js';
import { wordsOf } from './words.js';

/** How far an exploration goes. */
export interface Bounds {
  /** How many things go wrong in one run at most; what is found and what people answer is no fault. */
  readonly faults: number;
  /** How many paths are gone at most. */
  readonly paths: number;
}

export const DEFAULT_BOUNDS: Bounds = { faults: 2, paths: 20_000 };

/** Something that must never happen, and the shortest way there. */
export interface ProvenViolation {
  readonly message: string;
  /** Numbered steps in words; empty for what is wrong whatever happens. */
  readonly steps: readonly string[];
}

/** What an exploration of one playbook came to. */
export interface Proof {
  readonly playbook_id: string;
  /** `bound`: nothing was found, and not everything could be looked at. */
  readonly result: 'proven' | 'violated' | 'bound';
  readonly violations: readonly ProvenViolation[];
  /** What is worth a look and breaks no promise. */
  readonly warnings: readonly ProvenViolation[];
  /** Writes that no way led to: nothing is known of them. */
  readonly unreached: readonly string[];
  readonly paths: number;
  readonly faults: number;
}

const MOST_VIOLATIONS = 10;

/** Goes every way through a playbook, the straightest first, and tells the shortest one to whatever must never happen. */
export async function prove(
  checked: CheckedPlaybook,
  all: {
    readonly parts: Parts;
    readonly playbooks: ReadonlyMap<string, CheckedPlaybook>;
    readonly rules: readonly Rule[];
  },
  bounds: Bounds = DEFAULT_BOUNDS,
): Promise<Proof> {
  return new Exploration(checked, all, bounds).run();
}

interface Way {
  readonly alert: Alert;
  readonly deviations: Deviations;
  readonly last: string | null;
  readonly faults_left: number;
  /** How many more steps may take longer than what runs beside them. */
  readonly late_left: number;
}

/** With so many of them late, any two that run side by side end in either order, whatever a third one does. */
const MOST_LATE = 2;

class Exploration {
  readonly #subject: Subject;
  readonly #bounds: Bounds;
  readonly #judge: Judge;
  readonly #alerts: readonly Alert[];
  /** What was so at points that were looked at, and how many faults could follow then. */
  readonly #known = new Map<string, number>();
  readonly #found = new Map<string, ProvenViolation>();
  readonly #doubtful = new Map<string, ProvenViolation>();
  /** Writes that took effect on some path, the shortest such path, and whether one without a fault went by without them. */
  readonly #written = new Map<string, Path>();
  readonly #withheld = new Set<string>();
  readonly #writes: ReadonlySet<string>;
  #paths = 0;

  constructor(
    checked: CheckedPlaybook,
    {
      parts,
      playbooks,
      rules,
    }: {
      readonly parts: Parts;
      readonly playbooks: ReadonlyMap<string, CheckedPlaybook>;
      readonly rules: readonly Rule[];
    },
    bounds: Bounds,
  ) {
    const { alerts, steps } = evidenceFor(checked.playbook, parts.specs, alertFor(checked, rules));
    const inner = new Map(
      [...playbooks.values()].map(
        (other) => [other, evidenceFor(other.playbook, parts.specs, alertFor(other, rules)).steps] as const,
      ),
    );
    const readings = new Set(
      [...playbooks.values()].flatMap(({ playbook }) =>
        [...gatesOf(playbook, parts.specs).values()].flatMap((gate) => [...gate.readings]),
      ),
    );
    const findings = (task_id: string): Findings => {
      const own =
        steps.get(task_id) ??
        [...inner.values()].map((found) => found.get(task_id)).find((found) => found !== undefined);
      const found = own ?? { outputs: [null], nothing: [null] };
      // Where nothing looks at an answer, one that is empty leads nowhere else, unless a write goes by it.
      return readings.has(task_id)
        ? found
        : { ...found, nothing: found.nothing.filter((empty) => !isAmong(empty, found.outputs)) };
    };
    const paced = new Set([...playbooks.values()].flatMap(({ playbook }) => [...pacedSteps(playbook, parts.specs)]));
    const isPaced = (task_id: string): boolean => paced.has(task_id);
    this.#subject = { parts, playbooks, checked, known: { findings, isPaced, asks_condition: true } };
    this.#writes = new Set(gatesOf(checked.playbook, parts.specs).keys());
    this.#alerts = alerts;
    this.#bounds = bounds;
    this.#judge = new Judge(playbooks, parts.specs);
  }

  async run(): Promise<Proof> {
    const { playbook } = this.#subject.checked;
    const { specs, abilities } = this.#subject.parts;
    for (const message of looseGates(playbook, specs, (kind) => abilities(kind).takes_back))
      this.#found.set(message, { message, steps: [] });
    const isWhole = await this.#explore();
    if (isWhole) this.#tellUngated();
    const violations = [...this.#found.values()];
    const writes = [...gatesOf(playbook, this.#subject.parts.specs).keys()];
    const unreached = writes.filter((id) => !this.#written.has(id));
    return {
      playbook_id: playbook.playbook_id,
      result: violations.length > 0 ? 'violated' : isWhole && unreached.length === 0 ? 'proven' : 'bound',
      unreached,
      violations,
      warnings: [...this.#doubtful.values()],
      paths: this.#paths,
      faults: this.#bounds.faults,
    };
  }

  /** Breadth first: fewer deviations come first. False when there were more ways than may be gone. */
  async #explore(): Promise<boolean> {
    const start = this.#alerts.map((alert): Way => ({
      alert,
      deviations: new Map(),
      last: null,
      faults_left: this.#bounds.faults,
      late_left: MOST_LATE,
    }));
    let ways = start;
    while (ways.length > 0) {
      const next: Way[] = [];
      for (const way of ways) {
        if (this.#paths >= this.#bounds.paths) return false;
        if (this.#found.size >= MOST_VIOLATIONS) return true;
        next.push(...(await this.#go(way)));
      }
      ways = next;
    }
    return true;
  }

  async #go(way: Way): Promise<Way[]> {
    this.#paths += 1;
    const { alert, deviations, last, faults_left, late_left } = way;
    const place = JSON.stringify(alert);
    const isKnown = (turn: Turn, turns: readonly Turn[]): boolean => {
      if (last !== null && !turns.some(({ point }) => point.key === last)) return false;
      const state = `${place} ${turn.state}`;
      const left = faults_left * (MOST_LATE + 1) + late_left;
      if ((this.#known.get(state) ?? -1) >= left) return true;
      this.#known.set(state, left);
      return false;
    };
    const path = await goThrough(this.#subject, alert, deviations, isKnown);
    this.#note(path, alert);
    if (last !== null && isPace(last)) await this.#compare(way, last);
    const from = last === null ? 0 : path.turns.findIndex(({ point }) => point.key === last) + 1;
    return path.turns.slice(from).flatMap(({ point, option }) =>
      point.options
        .filter((other) => other.id !== option.id && (!other.fault || faults_left > 0))
        .filter(() => late_left > 0 || !isPace(point.key))
        .map((other): Way => ({
          alert,
          deviations: new Map(deviations).set(point.key, other.id),
          last: point.key,
          faults_left: faults_left - (other.fault ? 1 : 0),
          late_left: late_left - (isPace(point.key) ? 1 : 0),
        })),
    );
  }

  /**
   * Whether a reading gates a write only while it ends in time: the same answers lead to the write or not, by nothing but which of two steps side
   * by side ends first.
   */
  async #compare({ alert, deviations }: Way, last: string): Promise<void> {
    const inTime = new Map(deviations);
    inTime.delete(last);
    const whole = (chosen: Deviations): Promise<Path> => goThrough(this.#subject, alert, chosen, () => false);
    const late = await whole(deviations);
    const turn = late.turns.find(({ point }) => point.key === last);
    const gate = turn?.point.subject ?? '';
    // A write that fails may end the run before another begins: that is nobody's guard.
    if (!turn || this.#writes.has(gate.replace(/\[\d+\]$/, '')) || late.turns.some(({ option }) => option.resolves))
      return;
    this.#paths += 2;
    const before = await whole(inTime);
    const done = writtenIn(before);
    for (const step of writtenIn(late)) {
      if (done.has(step) || !this.#writes.has(step)) continue;
      const message = `what ${gate} finds keeps ${step} from being written only while ${gate} ends first: ${step} does not wait for it (name it in depends_on, or let it go on when it fails)`;
      // An abort that its author wrote down is meant to guard; one by default may as well be nobody's intention.
      const isMeant = this.#subject.checked.playbook.tasks.some(
        ({ id, on_failure }) => id === gate && on_failure !== undefined,
      );
      this.#keep({ rule: `order ${gate}`, step, message }, late, alert, isMeant ? this.#found : this.#doubtful);
    }
  }

  #note(path: Path, alert: Alert): void {
    for (const violation of this.#judge.violations(path)) this.#keep(violation, path, alert);
    const done = writtenIn(path);
    for (const id of done) if (!this.#written.has(id)) this.#written.set(id, path);
    const isPlain =
      path.complete &&
      path.turns.every(({ option, point }) => !option.fault && !option.resolves && !isElsewhere(point.key, option.id));
    if (!isPlain) return;
    for (const id of gatesOf(this.#subject.checked.playbook, this.#subject.parts.specs).keys())
      if (!done.has(id)) this.#withheld.add(id);
  }

  #keep({ rule, step, message }: Violation, path: Path, alert: Alert, found = this.#found): void {
    const key = `${rule} ${step}`;
    if (found.has(key) || found.size >= MOST_VIOLATIONS) return;
    found.set(key, { message, steps: wordsOf(path, alert) });
  }

  /** A write that takes place whatever is found and whatever people say. */
  #tellUngated(): void {
    const gates = gatesOf(this.#subject.checked.playbook, this.#subject.parts.specs);
    for (const [id, path] of this.#written) {
      if (this.#withheld.has(id) || gates.get(id)?.is_clean_up !== false) continue;
      const message = `${id} is a write that nothing gates: it takes place whatever is found and whatever people say`;
      this.#keep({ rule: 'ungated', step: id, message }, path, this.#alerts[0] ?? alertFor(this.#subject.checked, []));
    }
  }
}

/** The tasks of the run itself that have written on a path. */
function writtenIn({ runs: [run], calls }: Path): Set<string> {
  const done = calls.filter(
    ({ run_id, effect, undo, reply }) =>
      run_id === run?.run_id && effect === 'write' && !undo && reply.type !== 'real' && reply.done,
  );
  return new Set(done.map(({ step_id }) => step_id.replace(/\[\d+\]$/, '')));
}

function isPace(key: string): boolean {
  return key.endsWith(` ${PACE}`);
}

function isAmong(output: unknown, outputs: readonly unknown[]): boolean {
  return outputs.some((other) => JSON.stringify(other) === JSON.stringify(output));
}

/** The alert's own condition is no gate of the playbook: not everybody can be asked about it. */
function isElsewhere(key: string, option: string): boolean {
  return key === 'condition before' && option !== 'holds';
}

/** An alert such as one that starts the playbook. */
function alertFor({ playbook }: CheckedPlaybook, rules: readonly Rule[]): Alert {
  const rule =
    rules.find(({ playbook_id }) => playbook_id === playbook.playbook_id) ?? playbook.trigger_conditions?.[0];
  const first = (names: string | readonly string[] | undefined, other: string): string => {
    const name = typeof names === 'string' ? names : names?.[0];
    return name === undefined || name.toLowerCase() === 'any' || /^\/.*\/$/.test(name) ? other : name;
  };
  const service_name = first(rule?.service_name, 'some-service');
  const draft = {
    alert_name: first(rule?.alert_name, 'Some_Alert'),
    severity: 'critical' as const,
    service_name,
    host_ip: '10.0.0.7',
    metric_value: 95,
    labels: { service: service_name, instance: '10.0.0.7:9100', namespace: 'default' },
    description: 'an alert to prove the playbook with',
  };
  return alertOfDraft(draft, '01KE6QMRG00000000000PROVE0', Date.parse('2026-01-05T10:00:00.000Z'));
}
