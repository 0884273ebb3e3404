import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mayDo } from '../domain/access/access.js';
import type { Right, Role } from '../domain/access/access.js';
import { MAX_TOKEN_LENGTH } from '../domain/api/session.js';
import { FixpointError } from '../domain/errors.js';
import type { SenderProof } from '../domain/source.js';
import type { TokenRecord } from '../domain/access/token.js';
import type { Session } from '../domain/access/session.js';
import type { ProbeDeps } from './deps.js';
import { KnownCredentials } from './known-credentials.js';
import { SAFE_METHODS } from './same-origin.js';
import { adminProof, judgedBySecret, showsCsrf } from './session-cookie.js';
import { hashOf } from './token-text.js';

/** Who asks, and what they may do. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
  /** Whose token it is; missing for the configured admin token and for signatures. */
  readonly token_id?: string;
}

/** The request decoration that holds the Principal: null on routes that need no credential, and until the guard has seen one. */
export const PRINCIPAL = 'principal';

/** Who signs in with the configured admin token. */
export const ADMIN: Principal = { name: 'admin', role: 'admin' };
const BEARER = /^Bearer +(\S+) *$/i;
const BASIC = /^Basic +([A-Za-z0-9+/=_-]+) *$/i;
const OUR_SIGNATURE = 'x-fixpoint-signature';
const SIGNATURE = /^sha256=([0-9a-f]{64})$/i;

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** Tells who asks by a token, and holds the door where the right is missing. */
export class Auth {
  readonly #deps: Pick<ProbeDeps, 'clock' | 'sourceSecrets' | 'adminToken'>;
  readonly #proofs: readonly (readonly [string, SenderProof])[];
  readonly #adminHash: Buffer | null;
  readonly #tokens: KnownCredentials<TokenRecord>;
  readonly #sessions: KnownCredentials<Session>;

  constructor(deps: Pick<ProbeDeps, 'store' | 'clock' | 'sourceSecrets' | 'senderProofs' | 'adminToken'>) {
    this.#deps = deps;
    this.#proofs = [...(deps.senderProofs ?? [])];
    this.#adminHash = deps.adminToken === null ? null : sha256(deps.adminToken);
    const { tokens, sessions } = deps.store;
    this.#tokens = new KnownCredentials('tokens', (hash) => tokens.find(hash), deps.clock);
    this.#sessions = new KnownCredentials('sessions', (hash) => sessions.find(hash), deps.clock);
  }

  /** From now on this process asks the store about the token again, and about the sessions that it began. */
  forget(token_id: string): void {
    this.#tokens.forget((token) => token.token_id === token_id);
    this.#sessions.forget((session) => session.token?.token_id === token_id);
  }

  /** The session with this hash has ended: this process asks the store about it again. */
  forgetSession(hash: string): void {
    this.#sessions.forget((_session, known) => known === hash);
  }

  /** An onRequest hook: `unauthorized` without a valid credential, `forbidden` without the right. An Authorization header is judged alone. */
  require(right: Right): Guard {
    return async (request) => request.setDecorator(PRINCIPAL, allow(await this.#judge(request), right));
  }

  /** Whether the credential of a request that was let in long ago would still let it in. */
  async stillMay(request: FastifyRequest, right: Right): Promise<boolean> {
    try {
      return mayDo((await this.#judge(request)).role, right);
    } catch (error) {
      if (error instanceof FixpointError && error.code === 'unauthorized') return false;
      throw error;
    }
  }

  async #judge(request: FastifyRequest): Promise<Principal> {
    const { authorization } = request.headers;
    const secret = judgedBySecret(request);
    return secret === null ? this.#byToken(authorization) : this.#bySession(request, secret);
  }

  /** Whose token this is: `unauthorized` for one that is not known, `forbidden` where it may not read. `token` is null for the configured one. */
  async signIn(text: string): Promise<{ readonly principal: Principal; readonly token: TokenRecord | null }> {
    const principal = await this.#byText(text);
    return { principal: allow(principal, 'read'), token: 'created_at' in principal ? principal : null };
  }

  /** Whose token the Authorization header holds. */
  async #byToken(header: string | undefined): Promise<Principal> {
    return this.#byText(tokenOf(header));
  }

  async #byText(text: string): Promise<Principal | TokenRecord> {
    const digest = sha256(text);
    if (this.#adminHash !== null && timingSafeEqual(digest, this.#adminHash)) return ADMIN;
    const record = await this.#tokens.find(digest.toString('hex'));
    if (record === null) throw new FixpointError('unauthorized', 'the token is not known here');
    return record;
  }

  /** Who has signed in with this cookie. Whoever makes a change with it shows that a page of ours asks for it. */
  async #bySession(request: FastifyRequest, secret: string): Promise<Principal> {
    const principal = await this.sessionOf(secret);
    if (principal === null) throw new FixpointError('unauthorized', 'the session has ended: sign in again');
    if (!SAFE_METHODS.has(request.method) && !showsCsrf(request, secret)) throw csrfMissing();
    return principal;
  }

  /** Who has signed in; null when the session has ended: by its time, by its end, or with its token. */
  async sessionOf(secret: string): Promise<Principal | null> {
    const session = await this.#sessions.find(hashOf(secret));
    if (session === null || Date.parse(session.ends_at) <= this.#deps.clock.now()) return null;
    if (session.token !== null) return session.token;
    const { adminToken } = this.#deps;
    return adminToken !== null && session.admin_proof === adminProof(secret, adminToken) ? ADMIN : null;
  }

  /** The webhooks' guard before the body is read: a token is judged here, a signature needs the body and is left to `checkSignature`. */
  readonly webhook: Guard = async (request) => {
    const { authorization } = request.headers;
    if (authorization === undefined && this.#bringsProof(request)) return;
    request.setDecorator(PRINCIPAL, allow(await this.#byToken(authorization), 'post_alerts'));
  };

  #bringsProof(request: FastifyRequest): boolean {
    const { headers } = request;
    return headers[OUR_SIGNATURE] !== undefined || this.#proofs.some(([, { header }]) => headers[header] !== undefined);
  }

  /** For a request that `webhook` let through without a token: `unauthorized` unless the body is signed with the source's secret, or its system proves to have sent it. */
  async checkSignature(request: FastifyRequest, source: string | null, body: Uint8Array): Promise<void> {
    if (request.getDecorator<Principal | null>(PRINCIPAL) !== null) return;
    const signer = this.#signerOf(request, source, body) ?? (await this.#proven(request, source, body));
    if (signer === null)
      throw new FixpointError('unauthorized', 'the signature does not fit the body and the secret of this source');
    request.setDecorator(PRINCIPAL, { name: `signature of ${signer}`, role: 'ingest' } satisfies Principal);
  }

  #signerOf(request: FastifyRequest, source: string | null, body: Uint8Array): string | null {
    const header = request.headers[OUR_SIGNATURE];
    if (header === undefined) return null;
    const given = SIGNATURE.exec(String(header))?.[1];
    if (given === undefined) {
      throw new FixpointError('unauthorized', 'expected X-Fixpoint-Signature: sha256=<64 hexadecimal digits>');
    }
    const signed = Buffer.from(given, 'hex');
    for (const name of source === null ? this.#deps.sourceSecrets.keys() : [source]) {
      const secret = this.#deps.sourceSecrets.get(name);
      if (secret !== undefined && timingSafeEqual(signed, createHmac('sha256', secret).update(body).digest()))
        return name;
    }
    return null;
  }

  async #proven(request: FastifyRequest, source: string | null, body: Uint8Array): Promise<string | null> {
    const { headers } = request;
    for (const [name, proof] of this.#proofs) {
      if (headers[proof.header] === undefined || (source !== null && source !== name)) continue;
      if (await proof.proves({ headers, body })) return name;
    }
    return null;
  }
}

/** What is told to who asks for a change by cookie alone. */
export function csrfMissing(): FixpointError {
  const message = 'a change by cookie needs the header X-Fixpoint-CSRF with the csrf of GET /api/v1/session';
  return new FixpointError('forbidden', message);
}

/** Who asks; a route without a guard has nobody, which is a fault of ours. */
export function principalOf(request: FastifyRequest): Principal {
  const principal = request.getDecorator<Principal | null>(PRINCIPAL);
  if (principal === null) throw new Error(`${request.method} ${request.routeOptions.url ?? ''} has no guard`);
  return principal;
}

function allow(principal: Principal, right: Right): Principal {
  if (mayDo(principal.role, right)) return principal;
  throw new FixpointError('forbidden', `this needs the right ${right}; the role ${principal.role} does not have it`);
}

function tokenOf(header: string | undefined): string {
  if (header === undefined) {
    throw new FixpointError(
      'unauthorized',
      'expected Authorization: Bearer <token>, or Basic with the token as password',
    );
  }
  const token = BEARER.exec(header)?.[1] ?? passwordOf(header);
  if (token === null || token === '' || token.length > MAX_TOKEN_LENGTH) {
    throw new FixpointError('unauthorized', 'the Authorization header is neither Bearer <token> nor a valid Basic');
  }
  return token;
}

function passwordOf(header: string): string | null {
  const encoded = BASIC.exec(header)?.[1];
  if (encoded === undefined) return null;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? null : pair.slice(colon + 1);
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
