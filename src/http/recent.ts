import type { Clock } from '../domain/clock.js';

/**
 * What `make` answers, made by one at a time and good for `good_for_ms`: however many pages look at it, it is asked for once. What fails is
 * told to those who wait for it and not kept.
 */
export function recent<Value>(make: () => Promise<Value>, good_for_ms: number, clock: Clock): () => Promise<Value> {
  let making: Promise<Value> | null = null;
  let made: { readonly value: Value; readonly at: number } | null = null;

  async function remake(): Promise<Value> {
    const at = clock.monotonic();
    try {
      const value = await make();
      made = { value, at };
      return value;
    } finally {
      making = null;
    }
  }

  return () => {
    if (made !== null && made.at + good_for_ms > clock.monotonic()) return Promise.resolve(made.value);
    return (making ??= remake());
  };
}
