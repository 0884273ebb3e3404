import { useEffect, useState } from 'react';
import type { ComponentType, ReactNode } from 'react';
import { CodeAway } from './code-away.js';

/** A part of the pages whose code is fetched when it is first needed. */
export interface Later<Props extends object> {
  /** Draws it; `meanwhile` stands there until its code has come. Where it does not come, that is said, and mended when it can be. */
  readonly Part: ComponentType<Props & { readonly meanwhile: ReactNode }>;
  /** Fetches its code ahead of time; when that fails it is tried again where it is needed, and told there. */
  readonly preload: () => void;
}

// Not React's own `lazy`: that shows what stands in its place even where the code is there already, and for a third of a second at least.
/** The part that `load` brings. What was preloaded is drawn at once. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): Later<Props> {
  const code = createFetched(load);
  function Part({ meanwhile, ...rest }: Props & { readonly meanwhile: ReactNode }): ReactNode {
    const [state, setState] = useState<Fetched<ComponentType<Props>>>(code.known);
    useEffect(() => {
      if (state !== null) return undefined;
      let isGone = false;
      void code.fetch().then((fetched) => {
        if (!isGone) setState(fetched);
      });
      return () => {
        isGone = true;
      };
    }, [state]);
    if (state === null) return meanwhile;
    if ('error' in state) return <CodeAway error={state.error} meanwhile={meanwhile} />;
    // What is left of Props and one more is Props; the compiler does not subtract from a parameter.
    return <state.value {...(rest as unknown as Props)} />;
  }
  return { Part, preload: () => void code.fetch() };
}

/** What came, or why it did not; null as long as neither is known. */
export type Fetched<T> = { readonly value: T } | { readonly error: unknown } | null;

/** Fetches once, however often it is asked; after a failure the next who asks tries anew. */
export function createFetched<T>(load: () => Promise<T>): {
  readonly known: () => Fetched<T>;
  readonly fetch: () => Promise<NonNullable<Fetched<T>>>;
} {
  let known: Fetched<T> = null;
  let going: Promise<NonNullable<Fetched<T>>> | null = null;
  async function fetchOnce(): Promise<NonNullable<Fetched<T>>> {
    try {
      return (known = { value: await load() });
    } catch (error) {
      going = null;
      return { error };
    }
  }
  return { known: () => known, fetch: () => (going ??= fetchOnce()) };
}
