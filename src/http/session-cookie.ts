import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

/** The cookie that stands for a token. */
export const SESSION_COOKIE = 'fixpoint_session';
/** Goes with every change that is asked for by cookie: what only a page that could read an answer of ours knows. */
export const CSRF_HEADER = 'x-fixpoint-csrf';

const SECRET = /^[A-Za-z0-9_-]{43}$/;
/** More cookies than this are not ours to read. */
const MAX_COOKIE_HEADER = 16_384;

/** A secret that nobody can guess. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** The secret that a request brings; null where it brings none that could be one. Of several cookies of the name the first counts. */
export function secretOf(request: FastifyRequest): string | null {
  const { cookie } = request.headers;
  if (cookie === undefined || cookie.length > MAX_COOKIE_HEADER) return null;
  for (const pair of cookie.split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== SESSION_COOKIE) continue;
    const value = pair.slice(equals + 1).trim();
    return SECRET.test(value) ? value : null;
  }
  return null;
}

/** The secret that a request is judged by; null also where it has an Authorization header, which then counts alone. */
export function judgedBySecret(request: FastifyRequest): string | null {
  return request.headers.authorization === undefined ? secretOf(request) : null;
}

/** What a page has to show with a change; it follows from the secret, which pages cannot read. */
export function csrfOf(secret: string): string {
  return createHmac('sha256', secret).update('csrf').digest('base64url');
}

/** Whether a request shows it. */
export function showsCsrf(request: FastifyRequest, secret: string): boolean {
  const given = request.headers[CSRF_HEADER];
  if (typeof given !== 'string') return false;
  const [shown, wanted] = [Buffer.from(given), Buffer.from(csrfOf(secret))];
  return shown.length === wanted.length && timingSafeEqual(shown, wanted);
}

/** Ties a session to the admin token that it began with; without the secret nothing about the token follows from it. */
export function adminProof(secret: string, adminToken: string): string {
  return createHmac('sha256', secret).update(`admin ${adminToken}`).digest('hex');
}

/** The Set-Cookie header that begins a session, or ends it where `secret` is null. */
export function setCookie(secret: string | null, life_ms: number, isSecure: boolean): string {
  const seconds = secret === null ? 0 : Math.floor(life_ms / 1_000);
  const secure = isSecure ? '; Secure' : '';
  return `${SESSION_COOKIE}=${secret ?? ''}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}

/**
 * Whether the browser speaks https: to us, to the proxy before us, or to the configured public address. Who says so falsely gets a cookie that
 * is kept more strictly, and nothing else.
 */
export function isSecure(request: FastifyRequest, publicUrl: string | null): boolean {
  if (request.protocol === 'https') return true;
  const forwarded = request.headers['x-forwarded-proto'];
  if (typeof forwarded === 'string' && forwarded.split(',')[0]?.trim().toLowerCase() === 'https') return true;
  return publicUrl !== null && new URL(publicUrl).protocol === 'https:';
}
