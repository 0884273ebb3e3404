/** How one value stands in the address. Reading never fails: what cannot be read is the default. */
export interface Param<T> {
  readonly fallback: T;
  read(values: readonly string[]): T | null;
  /** An empty list: it is not in the address. */
  write(value: T): readonly string[];
}

/** Text; '' is not in the address. */
export function text(fallback = ''): Param<string> {
  return {
    fallback,
    read: ([value]) => value ?? null,
    write: (value) => (value === fallback ? [] : [value]),
  };
}

/** Several texts: `?matcher=a&matcher=b`. */
export function texts(most = 20): Param<readonly string[]> {
  return {
    fallback: [],
    read: (values) => values.filter((value) => value !== '').slice(0, most),
    write: (value) => value,
  };
}

/** One of a few words, or '' for any. */
export function oneOf<const V extends string>(options: readonly V[], fallback: V | '' = ''): Param<V | ''> {
  return {
    fallback,
    read: ([value]) => options.find((option) => option === value) ?? (value === '' ? '' : null),
    write: (value) => (value === fallback ? [] : [value]),
  };
}

/** Yes or no; only a yes is in the address. */
export function flag(): Param<boolean> {
  return { fallback: false, read: ([value]) => value === 'true', write: (value) => (value ? ['true'] : []) };
}

/** What a page keeps in its address, by name. */
export type Params<V> = { readonly [K in keyof V]: Param<V[K]> };

/** The values that an address holds. */
export function readParams<V extends object>(params: Params<V>, search: string): V {
  const given = new URLSearchParams(search);
  const names = Object.keys(params) as (keyof V & string)[]; // its own keys are what the mapped type lists
  const values: Partial<V> = {};
  for (const name of names) {
    const all = given.getAll(name);
    values[name] = (all.length === 0 ? null : params[name].read(all)) ?? params[name].fallback;
  }
  return values as V; // every name has just been given its value
}

/** The address with some values changed; what it holds besides stays. */
export function writeParams<V extends object>(params: Params<V>, search: string, change: Partial<V>): string {
  const next = new URLSearchParams(search);
  const names = Object.keys(change) as (keyof V & string)[]; // a part of V has no keys but V's
  for (const name of names) {
    next.delete(name);
    const value = change[name];
    if (value !== undefined) for (const one of params[name].write(value)) next.append(name, one);
  }
  const text = next.toString();
  return text === '' ? '' : `?${text}`;
}
