import type { ReactNode } from 'react';
import { useWords } from '../words/language.js';
import type { CommonWords } from '../words/common.js';
import { Icon } from './icon.js';
import type { IconName } from './icon.js';
import './sign.css';

/** What a colour means, everywhere. */
export type SignTone = 'good' | 'warn' | 'bad' | 'info' | 'calm' | 'busy';

interface BadgeProps {
  readonly tone?: SignTone;
  readonly icon?: IconName;
  readonly children: ReactNode;
}

/** A word with a colour and, where it tells a state, a sign. */
export function Badge({ tone = 'calm', icon, children }: BadgeProps) {
  return (
    <span className={`badge ${tone}`}>
      {icon && <Icon name={icon} size={13} />}
      <span className="truncate">{children}</span>
    </span>
  );
}

type Sign = readonly [SignTone, IconName];

const STATES = {
  pending: ['calm', 'ring'],
  running: ['busy', 'going'],
  waiting: ['warn', 'hand'],
  waits_by_itself: ['busy', 'clock'],
  paused: ['warn', 'pause'],
  succeeded: ['good', 'check'],
  failed: ['bad', 'cross'],
  cancelled: ['calm', 'stop'],
  skipped: ['calm', 'dash'],
  approved: ['good', 'check'],
  denied: ['bad', 'cross'],
  expired: ['calm', 'clock'],
  withdrawn: ['calm', 'dash'],
  open: ['bad', 'bang'],
  acknowledged: ['info', 'user'],
  resolved: ['good', 'check'],
  firing: ['bad', 'alert'],
  active: ['info', 'going'],
  lost: ['bad', 'question'],
  asked: ['warn', 'hand'],
  in_doubt: ['warn', 'question'],
} satisfies Record<keyof CommonWords['state'], Sign>;

const OUTCOMES = {
  verified: ['good', 'check'],
  unverified: ['calm', 'question'],
  not_fixed: ['bad', 'cross'],
  nothing_done: ['calm', 'dash'],
  handed_over: ['info', 'hand'],
} satisfies Record<keyof CommonWords['outcome'], Sign>;

const SEVERITIES = {
  critical: ['bad', 'bang'],
  warning: ['warn', 'incident'],
  info: ['info', 'info'],
} satisfies Record<keyof CommonWords['severity'], Sign>;

const ACTIONS = {
  run: ['good', 'run'],
  join: ['info', 'link'],
  hold: ['warn', 'pause'],
  drop: ['calm', 'dash'],
  undecided: ['busy', 'ring'],
} satisfies Record<keyof CommonWords['action'], Sign>;

const PRIORITIES = {
  P0: ['bad', 'bang'],
  P1: ['bad', 'up'],
  P2: ['warn', 'up'],
  P3: ['info', 'dash'],
  P4: ['calm', 'down'],
} satisfies Record<keyof CommonWords['priority'], Sign>;

const SIGNS = { state: STATES, outcome: OUTCOMES, severity: SEVERITIES, action: ACTIONS, priority: PRIORITIES };

/** The kinds of words that have signs. */
export type SignOf = keyof typeof SIGNS;

/** The colour and icon of a state; a word that a newer service says is calm and has a dot. */
export function signOf(of: SignOf, value: string): { readonly tone: SignTone; readonly icon: IconName } {
  const table: Readonly<Record<string, Sign>> = SIGNS[of];
  const [tone, icon] = Object.hasOwn(table, value)
    ? (table[value] ?? (['calm', 'dot'] as const))
    : (['calm', 'dot'] as const);
  return { tone, icon };
}

/** The word for a state in the reader's language; an unknown one as it came. */
export function useSignText(): (of: SignOf, value: string) => string {
  const words = useWords();
  return (of, value) => {
    const table: Readonly<Record<string, string>> = words[of];
    return Object.hasOwn(table, value) ? (table[value] ?? value) : value;
  };
}

interface StateSignProps {
  readonly of?: SignOf;
  readonly value: string;
  /** `icon`: the sign alone, with its word for hover and screen readers. */
  readonly as?: 'badge' | 'text' | 'icon';
}

/** A state by colour and sign and word: of a run, a step, an alert, a decision, an outcome, a severity. */
export function StateSign({ of = 'state', value, as = 'badge' }: StateSignProps) {
  const text = useSignText()(of, value);
  const { tone, icon } = signOf(of, value);
  if (as === 'badge')
    return (
      <Badge tone={tone} icon={icon}>
        {text}
      </Badge>
    );
  return (
    <span className={`sign ${tone}`} title={as === 'icon' ? text : undefined}>
      <Icon name={icon} />
      <span className={as === 'icon' ? 'visually-hidden' : 'truncate'}>{text}</span>
    </span>
  );
}
