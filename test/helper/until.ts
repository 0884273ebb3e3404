type Falsy = false | null | undefined | 0 | '';

/** Polls until `condition` answers something truthy, and answers that; fails with `what` after `timeout_ms`. Errors count as "not yet". */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeout_ms = 15_000,
): Promise<Exclude<T, Falsy>> {
  const deadline = Date.now() + timeout_ms;
  let last: unknown = null;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as Exclude<T, Falsy>; // just found to be truthy
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${timeout_ms} ms for ${what}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
