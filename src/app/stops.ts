import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';

/** Runs the stops of a stack in the reverse of their order, once however often it is called; one that fails does not keep the others. */
export function stopAll(stops: (() => Promise<void>)[], log: Log): () => Promise<void> {
  let stopped: Promise<void> | null = null;
  async function run(): Promise<void> {
    for (const stop of stops.reverse()) {
      try {
        await stop();
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'a part did not stop cleanly');
      }
    }
  }
  return () => (stopped ??= run());
}
