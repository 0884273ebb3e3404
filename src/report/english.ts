import { formatMs } from '../domain/duration.js';
import type { WaitReason } from '../domain/run/run.js';
import type { Words } from './words.js';

const WAITS_EN: Readonly<Record<WaitReason, string>> = {
  retry: 'waits for its next attempt',
  timer: 'waits for a timer',
  approval: 'waits for an approval',
  confirmation: 'waits for a confirmation',
  in_doubt: 'nobody can tell whether it took place',
  pause: 'is held by a pause',
  sub_playbook: 'waits for a person in another run',
};

/** Reports in English. */
export const english: Words = {
  html_lang: 'en',
  said: (text) => text,
  duration: formatMs,
  list: (parts) => parts.join('; '),
  sentence: (text) => (/[.!?…。]$/.test(text) ? text : `${text}.`),
  join: (sentences) => sentences.join(' '),
  more: (count) => `and ${count} more`,
  title: {
    state(name, state, duration) {
      switch (state) {
        case 'succeeded':
          return duration === null ? `${name} succeeded` : `${name} succeeded in ${duration}`;
        case 'failed':
          return duration === null ? `${name} failed` : `${name} failed after ${duration}`;
        case 'cancelled':
          return duration === null ? `${name} was cancelled` : `${name} was cancelled after ${duration}`;
        case 'pending':
          return `${name} has not begun yet`;
        case 'running':
          return `${name} is running`;
        case 'waiting':
          return `${name} waits for a person`;
        case 'paused':
          return `${name} is paused`;
      }
    },
    not_fixed: ', but the problem is still there',
    dry_run: (title) => `Dry run, nothing was changed: ${title}`,
    shadow: (title) => `Shadow mode, nothing was changed: ${title}`,
    recorded: (title) => `Only recorded, nothing was changed: ${title}`,
  },
  summary: {
    alert: (severity, name, where, value) =>
      `${severity.charAt(0).toUpperCase()}${severity.slice(1)} alert ${name}${where === null ? '' : ` on ${where}`}${value === null ? '' : ` at ${value}`}.`,
    alerts: (count) => `${count} alerts were handled together.`,
    incident: (priority, title, incident_id) => `Incident ${priority}: ${title} (${incident_id}).`,
    by_hand: (by) => `Started without an alert, by ${by}.`,
    changed: (changes) => `Changed: ${changes}.`,
    would_change: (changes) => `Nothing was changed; it would have changed: ${changes}.`,
    taken_back: 'What it wrote was taken back.',
    nothing_changed: 'Nothing was changed.',
    perhaps_changed: 'It is not known whether anything was changed.',
    nothing_would_change: 'Nothing was changed, and nothing would have been.',
    failed: (reason) => `It failed: ${reason}`,
    cancelled: (reason) => `It was cancelled: ${reason}`,
    waits: (reason) => `It waits for a person: ${reason}`,
    paused: (reason) => `It is paused: ${reason}`,
    resolved: 'The alert has resolved.',
    resolved_without_us: 'The alert has resolved, but not through this run: it changed nothing.',
    still_firing: 'The alert had not resolved when the run ended.',
    outcome: {
      verified: 'A check afterwards says that it helped.',
      unverified: null,
      not_fixed: 'It did not fix the problem.',
      nothing_done: null,
      handed_over: 'The problem is handed over to people.',
    },
    unproven: 'Whether it helped could not be told.',
    left: (first, others) => `Left for you: ${first}${others > 0 ? ` (and ${others} more)` : ''}`,
  },
  heading: {
    seen: 'What was seen',
    done: 'What was done',
    recorded: 'What would have been done (nothing was changed)',
    left: 'What is left',
    timeline: 'Timeline (UTC)',
    links: 'Links',
    facts: 'Facts',
  },
  banner: {
    dry_run: 'DRY RUN: nothing was changed. Writes were only recorded.',
    shadow: 'SHADOW MODE: nothing was changed. Writes were only recorded.',
    recorded: 'NOTHING WAS CHANGED. Writes were only recorded.',
  },
  fact: {
    alert: 'Alert',
    severity: 'Severity',
    service: 'Service',
    host: 'Host',
    playbook: 'Playbook',
    incident: 'Incident',
    rule: 'Rule',
    state: 'State',
    outcome: 'Outcome',
    run: 'Run',
  },
  nothing: {
    seen: 'Nothing was looked at.',
    done: 'Nothing was changed.',
    perhaps: 'Nothing that is known.',
    left: 'Nothing.',
  },
  left_reason: {
    failed: 'failed',
    in_doubt: 'in doubt',
    waiting: 'waits',
    held: 'held back',
    not_done: 'not done',
    still_firing: 'still firing',
    not_fixed: 'not fixed',
  },
  left: {
    failed: (name, error, intended) =>
      `${name} failed: ${error}${intended === null ? '' : ` (it was to change ${intended})`}`,
    in_doubt: (name, message, intended) =>
      `${name}: nobody can tell whether this write took place${intended === null ? '' : ` (${intended})`}; look before it is repeated: ${message}`,
    waiting: (name, reason, message) => `${name} ${WAITS_EN[reason]}${message === '' ? '' : `: ${message}`}`,
    not_done: (name, reason, message) =>
      `${name} was not done: ${message === '' ? reason.replaceAll('_', ' ') : message}`,
    stopped: (name, message) => `${name} was cancelled${message === '' ? '' : `: ${message}`}`,
    still_firing: 'The alert had not resolved when the run ended: see whether it does.',
    not_fixed: 'The run did not fix it: somebody has to look.',
  },
  run_state: {
    pending: 'pending',
    running: 'running',
    waiting: 'waiting for a person',
    paused: 'paused',
    succeeded: 'succeeded',
    failed: 'failed',
    cancelled: 'cancelled',
  },
  step_state: {
    pending: 'pending',
    running: 'running',
    waiting: 'waiting',
    succeeded: 'succeeded',
    failed: 'failed',
    skipped: 'skipped',
    cancelled: 'cancelled',
  },
  outcome: {
    verified: 'verified: a check says that it helped',
    unverified: 'unverified: changed something, nobody checked whether it helped',
    not_fixed: 'not fixed',
    nothing_done: 'nothing was done',
    handed_over: 'handed over to people',
  },
  timeline: {
    opened: (by) => `begun by ${by}`,
    opened_by_rule: (rule_id) => `begun by rule ${rule_id}`,
    rescued: () => 'taken over after its worker died',
    joined: (count) => (count === 1 ? 'another alert joined' : `${count} more alerts joined`),
    resolved: 'the alert resolved',
    retrying: (name, error) => `${name} failed and is tried again: ${error}`,
    step: (name, text) => (text === '' ? name : `${name}: ${text}`),
    took: (duration) => ` (${duration})`,
    recorded: (text) => `${text} (only recorded, not done)`,
    lost: (name) => `${name} was interrupted`,
    told: (message) => `people were told: ${message}`,
    escalated: (message) => `escalated: ${message}`,
    aborted: (reason) => `aborted: ${reason}`,
    paused: (by, reason) => `paused by ${by}${reason === null ? '' : `: ${reason}`}`,
    resumed: (by) => `resumed by ${by}`,
    compensating: (reason) => `what was written is taken back: ${reason}`,
    approved: (by, comment) => `approved by ${by}${comment === null ? '' : `: ${comment}`}`,
    denied: (by, comment) => `denied by ${by}${comment === null ? '' : `: ${comment}`}`,
    expired: 'nobody answered in time, which is a no',
    confirmed: (by, solved, comment) =>
      `${by} says that it is ${solved ? '' : 'not '}solved${comment === null ? '' : `: ${comment}`}`,
    settled: (by, done, comment) =>
      `${by} says that it ${done ? 'took place' : 'did not take place'}${comment === null ? '' : `: ${comment}`}`,
    retried: (by, reason) => `tried again by ${by}${reason === null ? '' : `: ${reason}`}`,
    cancel: (by, reason) => `cancelled by ${by}${reason === null ? '' : `: ${reason}`}`,
    finished: (state) => `the run ${state === 'cancelled' ? 'was cancelled' : state}`,
    outcome: (outcome, reason, by) => `outcome is now ${outcome.replaceAll('_', ' ')} (${by}): ${reason}`,
    omitted: (count) => `… ${count} lines left out; the run's page has them all`,
  },
  link: { run: 'Run', dashboard: 'Dashboard', runbook: 'Runbook', generator: 'Where the alert comes from' },
  notice: {
    escalate: (playbook) => `Escalation: ${playbook} needs a person`,
    notify: (playbook) => `Notice from ${playbook}`,
    step: (name, state) => `Step: ${name} (${state})`,
    run: (playbook, state) => `Run: ${playbook} (${state})`,
    approve: (yes, no, until) => `Yes: ${yes}\nNo: ${no}\nNo answer until ${until} is a no.`,
    confirm: (yes, no) => `Solved: ${yes}\nNot solved: ${no}`,
    settle: (yes, no) => `It took place: ${yes}\nIt did not, so that it is done again: ${no}`,
    recorded: 'This run changes nothing: its writes are only recorded.',
  },
  footer: 'Written by Fixpoint from the record of the run.',
};
