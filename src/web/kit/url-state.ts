import { useCallback, useMemo } from 'react';
import { useSearch } from 'wouter';
import { navigate } from 'wouter/use-browser-location';
import { readParams, writeParams } from './url-params.js';
import type { Params } from './url-params.js';

type Change<V> = (change: Partial<V>, how?: 'replace' | 'push') => void;

/**
 * State that lives in the address, so that it can be shared and gone back to: `useUrlState(PARAMS)` with
 * `const PARAMS = { state: oneOf(RUN_STATES), text: text() }` outside of the component.
 */
export function useUrlState<V extends object>(params: Params<V>): readonly [V, Change<V>] {
  const search = useSearch();
  const values = useMemo(() => readParams(params, search), [params, search]);
  const change = useCallback<Change<V>>(
    (part, how = 'replace') => {
      const { pathname, search: current } = window.location;
      // The address of now, not of the rendering: two changes in one go both count.
      navigate(pathname + writeParams(params, current, part), { replace: how === 'replace' });
    },
    [params],
  );
  return [values, change];
}
