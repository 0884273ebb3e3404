import type { onRequestHookHandler } from 'fastify';
import { FixpointError } from '../domain/errors.js';

/** Methods that change nothing. */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A browser that knows a token (Basic, kept after the first question) sends it with every page's requests. A request that changes
 * something is refused when the browser says that another site's page made it.
 */
export function refuseStrangers(publicUrl: string | null): onRequestHookHandler {
  const publicHost = publicUrl === null ? null : new URL(publicUrl).host;
  return (request, _reply, done) => {
    if (SAFE_METHODS.has(request.method) || isOwnPage(request.headers, publicHost)) done();
    else done(new FixpointError('forbidden', 'a page of another site may not change anything here'));
  };
}

function isOwnPage(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  publicHost: string | null,
): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers;
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  // Browsers before 2023 say only where the page came from; programs say nothing.
  if (typeof origin !== 'string') return true;
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin).host;
  return from === host || from === publicHost;
}
