import type { Alert } from '../domain/alert/alert.js';
import type { ForeseenStage, ForeseenStageName } from '../domain/decision/foresight.js';
import { instant } from '../domain/clock.js';
import { counted } from '../domain/counted.js';
import type { Ids } from '../domain/id.js';
import { stricterMode } from '../domain/rule/mode.js';
import type { Rule } from '../domain/rule/rule.js';
import type { Occurrence } from '../domain/triage-store.js';
import { BatchSuppression } from './batch-suppression.js';
import { runKeyText, TriageCache } from './cache.js';
import type { TriageDeps } from './deps.js';
import type { Facts, Stage } from './facts.js';
import { filtered } from './filtered.js';
import { Flaps } from './flaps.js';
import type { Hold } from './hold.js';
import { inhibition } from './inhibition.js';
import { NO_LIMITS } from './limits.js';
import { maintenanceWindow } from './maintenance-window.js';
import { coolingOf, coolingText } from './match.js';
import { told } from './momentary.js';
import { duplicate, late, resolved } from './occurrence.js';
import { silence } from './silence.js';
import { Starts } from './starts.js';
import { BatchDemand } from './storm.js';

/** What is asked to tell what would become of an alert. Nothing of it is changed. */
export type ForeseeDeps = Pick<
  TriageDeps,
  'store' | 'policy' | 'suppressions' | 'limits' | 'maxRunsPerOccurrence' | 'clock'
>;

/** Open runs that an alert may join, with their playbooks. */
export type Joins = ReadonlyMap<string, string>;

/** The alert that is asked about, and what is known of its condition. */
interface Asked {
  readonly alert: Alert;
  readonly key: string;
  readonly occurrence: Occurrence | null;
  readonly now: string;
}

/** Rules that are told one by one; who has more of them matching one alert knows them by the first. */
const MAX_RULES = 50;
/** Nothing is begun here. */
const NO_IDS: Ids = { next: () => '', batch: () => '' };

/** What every stage of triage says of an alert by itself, in their order. */
export async function foreseenStages(
  asked: Asked,
  deps: ForeseeDeps,
): Promise<{ readonly stages: readonly ForeseenStage[]; readonly joins: Joins }> {
  const look = await lookUp(asked, deps);
  const { facts } = look;
  const matching = facts.matching();
  const on = matching.filter((rule) => modeOf(rule, facts) !== 'off');
  const stages = [
    occurrenceStage(asked, facts),
    single('filtered', filtered, asked, facts, 'no entry of intake drops it'),
    single('silence', silence, asked, facts, 'no silence matches it'),
    single('maintenance_window', maintenanceWindow, asked, facts, 'no maintenance window holds it now'),
    single('inhibition', inhibition, asked, facts, 'no alert that fires holds it back'),
    matchStage(matching),
    ...(matching.length === 0 ? [] : [modeStage(matching, facts), flappingStage(facts)]),
    ...on.slice(0, MAX_RULES).flatMap((rule) => ruleStages(rule, asked, look)),
    ...(on.length === 0 ? [] : [stormStage(asked, on, look, deps)]),
  ];
  return { stages, joins: look.joins };
}

interface Look {
  readonly facts: Facts;
  readonly starts: Starts;
  readonly joins: Joins;
}

async function lookUp({ alert, key, occurrence, now }: Asked, deps: ForeseeDeps): Promise<Look> {
  const { store, maxRunsPerOccurrence } = deps;
  const limits = deps.limits ?? NO_LIMITS;
  const policy = deps.policy();
  const cache = new TriageCache();
  if (occurrence) cache.remember(occurrence);
  const starts = new Starts({ cache, policy, limits, ids: NO_IDS, now });
  const flaps = new Flaps(starts, limits.flapping, now);
  const rules = policy.rules.match(alert);
  const suppression = new BatchSuppression(deps.suppressions ?? null, [alert], [key]);
  await suppression.lookUp(() => false);
  suppression.look(cache);
  await starts.lookUp([
    ...new Set([...rules.flatMap((rule) => starts.budgetKeys(rule, alert)), ...flaps.budgetKeys(alert)]),
  ]);
  const found = await store.openRuns(rules.map((rule) => starts.keyOf(rule, alert)));
  for (const open of found) cache.rememberRun(runKeyText(open.key), open.run_id);
  const [written] = alert.service_name === null ? [] : await store.lastWrites([alert.service_name]);
  const facts: Facts = {
    now,
    key,
    suppression: suppression.facts,
    occurrence,
    matching: () => rules,
    modeOf: policy.modeOf,
    lastWrite: written?.at ?? null,
    flapping: () => flaps.hold(alert, occurrence),
    joins: (rule) => starts.openRun(starts.keyOf(rule, alert)) !== null,
    maxRunsPerOccurrence,
  };
  return { facts, starts, joins: new Map(found.map((open) => [open.run_id, open.key.playbook_id])) };
}

function occurrenceStage({ alert, occurrence }: Asked, facts: Facts): ForeseenStage {
  for (const stage of [resolved, told, late, duplicate]) {
    const verdict = stage(alert, facts);
    if (verdict !== 'continue' && verdict.type === 'drop') return of('occurrence', 'drops', verdict);
  }
  if (!occurrence?.open) return passes('occurrence', 'nobody has told of this condition, or it has ended since');
  const { alert_id, run_id, runs_used } = occurrence;
  const used =
    run_id === null ? 'which has started nothing yet' : `whose run ${run_id} did not fix it (${runs_used} used)`;
  return {
    ...passes('occurrence', `it repeats alert ${alert_id}, ${used}: it is decided anew`),
    by: `alert:${alert_id}`,
  };
}

function single(
  name: ForeseenStageName,
  stage: Stage,
  { alert }: Asked,
  facts: Facts,
  otherwise: string,
): ForeseenStage {
  const verdict = stage(alert, facts);
  if (verdict === 'continue' || verdict.type === 'run') return passes(name, otherwise);
  return of(name, verdict.type === 'drop' ? 'drops' : 'holds', verdict);
}

function matchStage(matching: readonly Rule[]): ForeseenStage {
  const [first] = matching;
  if (!first) return of('match', 'drops', { by: null, explanation: 'no rule matches' });
  const explanation = `${matching.map(({ rule_id, playbook_id }) => `${rule_id} → ${playbook_id}`).join(', ')}`;
  return { ...passes('match', `taken by ${explanation}`), by: `rule:${first.rule_id}` };
}

function modeOf(rule: Rule, facts: Facts) {
  return stricterMode(facts.modeOf(rule.playbook_id) ?? 'off', rule.mode ?? 'auto');
}

function modeStage(matching: readonly Rule[], facts: Facts): ForeseenStage {
  const modes = matching.map((rule) => ({ rule, mode: modeOf(rule, facts) }));
  const explanation = modes.map(({ rule, mode }) => `${rule.playbook_id} by ${rule.rule_id}: ${mode}`).join(', ');
  const [first] = matching;
  if (modes.every(({ mode }) => mode === 'off'))
    return of('mode', 'drops', { by: `rule:${first?.rule_id ?? ''}`, explanation });
  if (modes.every(({ mode }) => mode === 'approve' || mode === 'off'))
    return of('mode', 'asks', { by: `rule:${first?.rule_id ?? ''}`, explanation });
  return passes('mode', explanation);
}

function flappingStage(facts: Facts): ForeseenStage {
  const hold = facts.flapping();
  return hold ? of('flapping', 'holds', hold) : passes('flapping', 'its condition does not come and go');
}

function ruleStages(rule: Rule, { alert, now }: Asked, { facts, starts }: Look): ForeseenStage[] {
  const key = starts.keyOf(rule, alert);
  const open = starts.openRun(key);
  const cooling = coolingOf(alert, rule, facts)[0];
  const cool: Hold | null = cooling
    ? {
        reason: 'cooldown',
        until: cooling.until,
        by: `rule:${rule.rule_id}`,
        explanation: coolingText(alert, rule, facts.lastWrite),
      }
    : null;
  const wait_ms = starts.waitOf(rule);
  const waits =
    wait_ms === 0 ? '' : `; it begins at ${instant(Date.parse(now) + wait_ms)}, when its group_wait is over`;
  const limits: [ForeseenStageName, Hold | null, string | null][] = [
    ['cooldown', cool, rule.cooldown === undefined ? null : `its cooldown of ${rule.cooldown} is over`],
    ['group_interval', starts.groupHold(rule, key), null],
    ['rate_limit', starts.rateHold(rule, alert), rateText(rule)],
  ];
  return [
    open === null
      ? passes('join', `no run of ${rule.playbook_id} is open for its group and service: a new one starts${waits}`)
      : of('join', 'joins', { by: `run:${open}`, explanation: `it joins run ${open} of ${rule.playbook_id}` }),
    ...limits.flatMap(([name, hold, otherwise]) =>
      hold ? [of(name, 'holds', hold)] : otherwise === null ? [] : [passes(name, otherwise)],
    ),
  ].map((stage) => ({ ...stage, rule_id: rule.rule_id }));
}

function rateText({ rate_limit }: Rule): string | null {
  if (rate_limit === undefined) return null;
  const { max_runs, per } = rate_limit;
  return `it has started fewer than ${counted(max_runs, 'run')} within ${per}`;
}

function stormStage({ alert, occurrence }: Asked, on: readonly Rule[], look: Look, deps: ForeseeDeps): ForeseenStage {
  const storm = deps.limits?.storm ?? null;
  if (storm === null) return passes('storm', 'storms are not watched (storm.starts_per_minute and the others are 0)');
  const demand = new BatchDemand();
  if (occurrence?.open !== true) demand.add('alerts', alert.service_name);
  for (const rule of on) if (!look.facts.joins(rule)) demand.add('starts', alert.service_name);
  const seen = storm.look(alert.service_name, demand);
  if (seen.level === 0) return passes('storm', 'no storm');
  if (seen.level === 1)
    return of('storm', 'asks', { by: seen.by, explanation: `${seen.explanation}: what it writes needs an approval` });
  const until = instant(Date.parse(look.facts.now) + storm.hold_ms);
  return of('storm', 'holds', { by: seen.by, until, explanation: `${seen.explanation}: nothing new starts` });
}

function of(
  stage: ForeseenStageName,
  verdict: ForeseenStage['verdict'],
  { by, until = null, explanation }: { by: string | null; until?: string | null; explanation: string },
): ForeseenStage {
  return { stage, verdict, rule_id: null, by, until, explanation };
}

function passes(stage: ForeseenStageName, explanation: string): ForeseenStage {
  return of(stage, 'passes', { by: null, explanation });
}
