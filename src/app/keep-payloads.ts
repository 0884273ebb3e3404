import type { Settings } from '../config.js';
import type { Clock } from '../domain/clock.js';
import type { Log } from '../domain/log.js';
import type { Store } from '../domain/store.js';
import type { Metrics } from '../http/metrics.js';
import { PayloadKeeper } from '../ingest/payload-keeper.js';

/** What keeps bodies of deliveries for people to look at; null when nobody wants them. */
export function openPayloadKeeper(
  { payloads }: Pick<Settings, 'payloads'>,
  parts: {
    readonly store: Pick<Store, 'payloads'>;
    readonly metrics: Pick<Metrics, 'payloads'>;
    readonly clock: Clock;
    readonly log: Log;
  },
): PayloadKeeper | null {
  if (!payloads.keep) return null;
  const { store, metrics, clock, log } = parts;
  const meter = { payloads: (outcome: 'kept' | 'dropped', count: number) => metrics.payloads(outcome, count) };
  return new PayloadKeeper({ payloads: store.payloads, clock, log, meter });
}
