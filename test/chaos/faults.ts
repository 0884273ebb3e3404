import type { Random } from './random.js';

/** One thing that goes wrong, and when. `member` counts the processes from 0. */
export type Fault = { readonly at_ms: number } & (
  | { readonly type: 'kill'; readonly member: number; readonly down_ms: number }
  | { readonly type: 'freeze'; readonly member: number; readonly frozen_ms: number }
  | { readonly type: 'postgres'; readonly stop: 'fast' | 'immediate' }
  | { readonly type: 'kafka'; readonly signal: 'TERM' | 'KILL' }
  /** Connections of one process to Postgres, or of all to Kafka, are cut off; new ones are refused for a while. */
  | { readonly type: 'cut'; readonly what: 'postgres' | 'kafka'; readonly member: number; readonly refused_ms: number }
  /** Connections stay, and nothing comes through for a while: then everything does, late. */
  | {
      readonly type: 'stall';
      readonly what: 'postgres' | 'kafka';
      readonly member: number;
      readonly stalled_ms: number;
    }
);

type Kind = Fault['type'];

/** Of each storm at least this: what a plan leaves to chance is which of them come more often. */
const ALWAYS: readonly Kind[] = ['kill', 'kill', 'freeze', 'postgres', 'kafka', 'cut', 'stall'];
const OFTEN: readonly Kind[] = ['kill', 'kill', 'kill', 'freeze', 'freeze', 'cut', 'cut', 'stall'];
/** One more fault for each of these. */
const ONE_EACH_MS = 6_000;

/** What goes wrong in a storm, in the order of time. */
export function planFaults(
  random: Random,
  storm: { readonly members: number; readonly length_ms: number; readonly lease_ms: number },
): Fault[] {
  const more = Math.max(0, Math.floor(storm.length_ms / ONE_EACH_MS) - ALWAYS.length);
  const kinds = random.shuffled([...ALWAYS, ...Array.from({ length: more }, () => random.pick(OFTEN))]);
  // The first alerts are to be under way when it begins.
  const step = (storm.length_ms * 0.9) / kinds.length;
  return kinds.map((kind, index) => {
    const at_ms = Math.round(storm.length_ms * 0.05 + step * (index + random.next()));
    return faultOf(kind, at_ms, random, storm);
  });
}

function faultOf(
  type: Kind,
  at_ms: number,
  random: Random,
  { members, lease_ms }: { readonly members: number; readonly lease_ms: number },
): Fault {
  const member = random.between(0, members - 1);
  const longerThanLease = (): number => lease_ms + random.between(500, 4_000);
  const what = random.chance(0.7) ? ('postgres' as const) : ('kafka' as const);
  switch (type) {
    case 'kill':
      return { at_ms, type, member, down_ms: random.pick([0, 0, 1_000, lease_ms + 2_000]) };
    case 'freeze':
      return { at_ms, type, member, frozen_ms: longerThanLease() };
    case 'postgres':
      return { at_ms, type, stop: random.pick(['fast', 'immediate']) };
    case 'kafka':
      return { at_ms, type, signal: random.pick(['TERM', 'KILL']) };
    case 'cut':
      return { at_ms, type, what, member, refused_ms: random.pick([0, 0, 2_000, lease_ms + 2_000]) };
    case 'stall':
      return { at_ms, type, what, member, stalled_ms: longerThanLease() };
  }
}

/** A fault in a few words. */
export function faultText(fault: Fault): string {
  const { at_ms, type, ...rest } = fault;
  return `${(at_ms / 1_000).toFixed(1)} s ${type} ${Object.values(rest).join(' ')}`;
}
