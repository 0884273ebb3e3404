import { createContext, useContext } from 'react';
import type { Api } from './client.js';

const ApiContext = createContext<Api | null>(null);

/** Hands the API to everything inside. */
export const ApiProvider = ApiContext.Provider;

/** The API; for what `useGet`, `usePages` and `useSend` do not cover. */
export function useApi(): Api {
  const api = useContext(ApiContext);
  if (api === null) throw new Error('useApi is for components inside ApiProvider');
  return api;
}
