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

/**
 * Asks all parts at once and rejects with `unavailable` and every reason there is. A part that hangs is asked once, however often the probe
 * comes: questions must not pile up behind it.
 */
export function createReadiness(parts: readonly ReadinessPart[], clock: Clock): () => Promise<void> {
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
    const reasons = answers.flatMap((answer, place) =>
      answer.status === 'rejected' ? [`${parts[place]?.name ?? ''}: ${messageOf(answer.reason)}`] : [],
    );
    if (reasons.length > 0) throw new FixpointError('unavailable', `not ready: ${reasons.join('; ')}`);
  };
}
