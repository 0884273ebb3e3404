import type { Clock } from '../domain/clock.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import { settleWithin } from '../domain/time-limit.js';

/** Something that has to work so that durability can be promised. */
export interface ReadinessPart {
  readonly name: string;
  /** Rejects with the reason when it does not work now. */
  check(): Promise<void>;
}

/** Below the probe's own limit, so that what is late is told by its name. */
const PART_WITHIN_MS = 2_500;

/** How one part fares now. */
export interface PartHealth {
  readonly name: string;
  readonly ok: boolean;
  /** Why it does not work; empty where it does. */
  readonly message: string;
}

/** Asks all parts at once. A part that hangs is asked once, however often somebody wants to know: questions must not pile up behind it. */
export function createHealth(parts: readonly ReadinessPart[], clock: Clock): () => Promise<PartHealth[]> {
  const asking = new Map<string, Promise<void>>();
  function ask(part: ReadinessPart): Promise<void> {
    const under_way = asking.get(part.name) ?? part.check().finally(() => asking.delete(part.name));
    asking.set(part.name, under_way);
    return settleWithin(under_way, PART_WITHIN_MS, clock, () => {
      return new FixpointError('unavailable', `no answer within ${PART_WITHIN_MS} ms`);
    });
  }
  return async () => {
    const answers = await Promise.allSettled(parts.map(ask));
    return answers.map((answer, place) => {
      const ok = answer.status === 'fulfilled';
      return { name: parts[place]?.name ?? '', ok, message: ok ? '' : messageOf(answer.reason) };
    });
  };
}

/** Rejects with `unavailable` and every reason there is while a part does not work. */
export function createReadiness(health: () => Promise<readonly PartHealth[]>): () => Promise<void> {
  return async () => {
    const reasons = (await health()).flatMap(({ name, ok, message }) => (ok ? [] : [`${name}: ${message}`]));
    if (reasons.length > 0) throw new FixpointError('unavailable', `not ready: ${reasons.join('; ')}`);
  };
}
