import { X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { FixpointError } from '../../domain/errors.js';
import type { AwsFetch } from './aws-fetch.js';

/** AWS has one a region, and renews it now and then. */
const MAX_KEPT = 50;
/** Where the way to AWS is closed, not every webhook waits for that to be found out anew. */
const FAILED_FOR_MS = 30_000;

/** The keys that SNS signs with, fetched once each. */
export class Certificates {
  readonly #fetch: Pick<AwsFetch, 'get'>;
  readonly #clock: { monotonic(): number };
  readonly #keys = new Map<string, Promise<KeyObject>>();
  readonly #failed = new Map<string, { readonly until: number; readonly error: unknown }>();

  constructor(fetch: Pick<AwsFetch, 'get'>, clock: { monotonic(): number }) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  /** The key of the certificate at an address that was checked already; rejects with `unavailable` when it cannot be had now. */
  async keyAt(url: URL): Promise<KeyObject> {
    const failed = this.#failed.get(url.href);
    if (failed !== undefined && failed.until > this.#clock.monotonic()) throw failed.error;
    const known = this.#keys.get(url.href);
    if (known !== undefined) return known;
    const asked = this.#ask(url);
    remember(this.#keys, url.href, asked);
    try {
      return await asked;
    } catch (error) {
      this.#keys.delete(url.href);
      remember(this.#failed, url.href, { until: this.#clock.monotonic() + FAILED_FOR_MS, error });
      throw error;
    }
  }

  async #ask(url: URL): Promise<KeyObject> {
    const { status, text } = await this.#fetch.get(url);
    if (status !== 200) throw new FixpointError('unavailable', `${url.host} answered ${status} for the certificate`);
    try {
      return new X509Certificate(text).publicKey;
    } catch (cause) {
      throw new FixpointError('unavailable', `what ${url.host} answered is no certificate`, { cause });
    }
  }
}

/** Bounded: the oldest makes room. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= MAX_KEPT) return;
    map.delete(oldest);
  }
}
