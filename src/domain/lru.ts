/** Keeps what was made for the last `limit` distinct keys that were asked for. */
export class Lru<Value> {
  readonly #limit: number;
  readonly #values = new Map<string, Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What `make` made for this key, now or earlier. What it throws is thrown on and not kept. */
  get(key: string, make: (key: string) => Value): Value {
    let value = this.#values.get(key);
    if (value !== undefined) {
      // Only a cache that is nearly full needs to know the order of use.
      if (this.#values.size * 2 > this.#limit) this.#touch(key, value);
      return value;
    }
    value = make(key);
    if (this.#values.size >= this.#limit) this.#dropOldest();
    this.#values.set(key, value);
    return value;
  }

  #touch(key: string, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, value);
  }

  #dropOldest(): void {
    for (const key of this.#values.keys()) {
      this.#values.delete(key);
      return;
    }
  }
}
