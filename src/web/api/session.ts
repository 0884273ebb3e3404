import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Query, UseQueryResult } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import type { Right, Role } from '../../domain/access/access.js';
import { ApiRefusal } from './client.js';
import type { Api } from './client.js';
import { useApi } from './context.js';

/** Who is signed in. */
export interface Session {
  readonly name: string;
  readonly role: Role;
  readonly csrf: string;
}

const AGAIN_MS = 5_000;
const SESSION = '/api/v1/session';
export const SESSION_KEY = [SESSION] as const;

/** Whether the document itself says that no cookie came with the request for it. Once: whoever signs in is asked for by the next question. */
function cameAsStranger(): boolean {
  const { documentElement } = document;
  const isStranger = documentElement.hasAttribute('data-signed-out');
  documentElement.removeAttribute('data-signed-out');
  return isStranger;
}

/** How it is asked who is signed in. */
export function sessionQuery(api: Api) {
  return queryOptions<Session | null>({
    queryKey: SESSION_KEY,
    queryFn: async ({ signal }) => {
      if (cameAsStranger()) return null;
      try {
        const session = await api.request<Session>('GET', SESSION, { signal });
        api.setCsrf(session.csrf);
        return session;
      } catch (error) {
        if (error instanceof ApiRefusal && error.code === 'unauthorized') return null;
        throw error;
      }
    },
    staleTime: Infinity,
    gcTime: Infinity,
    refetchOnWindowFocus: false,
  });
}

/** The session in force; null when nobody is signed in. */
export function useSessionQuery(): UseQueryResult<Session | null> {
  const api = useApi();
  return useQuery({
    ...sessionQuery(api),
    // Until the service answers there is nothing to show but that.
    refetchInterval: ({ state }) => (state.status === 'error' ? AGAIN_MS : false),
  });
}

/** What was seen in a session, and not the session itself. */
function isOfSession({ queryKey }: Query): boolean {
  return queryKey[0] !== SESSION;
}

/** Trades a token for a session; refused with the service's own words. */
export function useSignIn(): (token: string) => Promise<void> {
  const api = useApi();
  const client = useQueryClient();
  return async (token) => {
    await api.request<void>('POST', SESSION, { body: { token } });
    // What somebody else saw here before is nothing for who comes now.
    client.removeQueries({ predicate: isOfSession });
    await client.refetchQueries({ queryKey: SESSION_KEY });
  };
}

/** Ends the session, and forgets everything that was seen in it. */
export function useSignOut(): () => Promise<void> {
  const api = useApi();
  const client = useQueryClient();
  return async () => {
    await api.request<void>('DELETE', SESSION);
    api.setCsrf(null);
    // The door closes first: nothing behind it asks again while it is being forgotten.
    client.setQueryData(SESSION_KEY, null);
    client.removeQueries({ predicate: isOfSession });
  };
}

const SessionContext = createContext<Session | null>(null);

/** Lets everything behind the sign-in know who is there. */
export const SessionProvider = SessionContext.Provider;

/** Who is signed in; only for what is shown to people who are. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession is for pages behind the sign-in');
  return session;
}

// The same table as in domain/access/access.ts, which brings a schema library along; a test holds the two together.
const RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  ingest: ['post_alerts'],
  viewer: ['read'],
  operator: ['read', 'operate', 'post_alerts'],
  approver: ['read', 'operate', 'approve'],
  admin: ['read', 'operate', 'approve', 'administer', 'post_alerts'],
};

/** True when the role has the right; the service decides by itself all the same. */
export function roleMay(role: Role, right: Right): boolean {
  return RIGHTS[role].includes(right);
}

/** Whether who is signed in may do this. What is not allowed is not offered. */
export function useMay(right: Right): boolean {
  return roleMay(useSession().role, right);
}
