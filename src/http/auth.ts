import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mayDo } from '../domain/access.js';
import type { Right, Role } from '../domain/access.js';
import { FixpointError } from '../domain/errors.js';
import type { SenderProof } from '../domain/source.js';
import type { TokenRecord } from '../domain/store.js';
import { settleWithin } from '../domain/time-limit.js';
import type { ProbeDeps } from './deps.js';

/** Who asks, and what they may do. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}

/** The request decoration that holds the Principal: null on routes that need no credential, and until the guard has seen one. */
export const PRINCIPAL = 'principal';

const ADMIN: Principal = { name: 'admin', role: 'admin' };
/** A token that another process took away or made stays unnoticed this long. */
const KNOWN_FOR_MS = 1_000;
const UNKNOWN_FOR_MS = 1_000;
/** While tokens cannot be looked up, one that was known this short a time ago is known still: a store that blinks turns no alert away. */
const TRUSTED_FOR_MS = 10_000;
/** A store that hangs must not keep senders waiting whose token was known a moment ago. */
const LOOK_UP_WITHIN_MS = 3_000;
const MAX_CACHED = 1_000;
const MAX_TOKEN_LENGTH = 4_096;
const BEARER = /^Bearer +(\S+) *$/i;
const BASIC = /^Basic +([A-Za-z0-9+/=_-]+) *$/i;
const OUR_SIGNATURE = 'x-fixpoint-signature';
const SIGNATURE = /^sha256=([0-9a-f]{64})$/i;

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** Tells who asks by a token, and holds the door where the right is missing. */
export class Auth {
  readonly #deps: Pick<ProbeDeps, 'store' | 'clock' | 'sourceSecrets'>;
  readonly #proofs: readonly (readonly [string, SenderProof])[];
  readonly #adminHash: Buffer | null;
  // Two maps: a flood of wrong tokens must not push the right ones out.
  readonly #known = new Map<string, { readonly token: TokenRecord; readonly at: number }>();
  readonly #unknown = new Map<string, number>();
  readonly #asking = new Map<string, Promise<TokenRecord | null>>();
  /** What was looked up before a token was taken away must not be remembered after it. */
  #removals = 0;

  constructor(deps: Pick<ProbeDeps, 'store' | 'clock' | 'sourceSecrets' | 'senderProofs' | 'adminToken'>) {
    this.#deps = deps;
    this.#proofs = [...(deps.senderProofs ?? [])];
    this.#adminHash = deps.adminToken === null ? null : sha256(deps.adminToken);
  }

  /** From now on this process asks the store about the token again. */
  forget(token_id: string): void {
    this.#removals += 1;
    for (const [hash, { token }] of this.#known) if (token.token_id === token_id) this.#known.delete(hash);
  }

  /** An onRequest hook: `unauthorized` without a valid credential, `forbidden` without the right. */
  require(right: Right): Guard {
    return async (request) => {
      const principal = await this.#byToken(request.headers.authorization);
      request.setDecorator(PRINCIPAL, allow(principal, right));
    };
  }

  /** Whose token the Authorization header holds. */
  async #byToken(header: string | undefined): Promise<Principal> {
    const token = tokenOf(header);
    const hash = sha256(token);
    if (this.#adminHash !== null && timingSafeEqual(hash, this.#adminHash)) return ADMIN;
    const record = await this.#find(hash.toString('hex'));
    if (record === null) throw new FixpointError('unauthorized', 'the token is not known here');
    return record;
  }

  async #find(hash: string): Promise<TokenRecord | null> {
    const now = this.#deps.clock.monotonic();
    const known = this.#known.get(hash);
    if (known !== undefined && known.at + KNOWN_FOR_MS > now) return known.token;
    if ((this.#unknown.get(hash) ?? 0) > now) return null;
    const removals = this.#removals;
    let token: TokenRecord | null;
    try {
      token = await this.#lookUp(hash);
    } catch (cause) {
      // Looked at anew: it may have been taken away in the meantime.
      const still = this.#known.get(hash);
      if (still !== undefined && still.at + TRUSTED_FOR_MS > now) return still.token;
      throw new FixpointError('unavailable', 'tokens cannot be looked up now', { cause });
    }
    if (token === null) {
      this.#known.delete(hash);
      remember(this.#unknown, hash, now + UNKNOWN_FOR_MS);
    } else if (removals === this.#removals) remember(this.#known, hash, { token, at: now });
    return token;
  }

  /** Asks the store once for all who wait for the same token, and not longer than they can wait. */
  async #lookUp(hash: string): Promise<TokenRecord | null> {
    let asking = this.#asking.get(hash);
    if (asking === undefined) {
      asking = this.#deps.store.tokens.find(hash).finally(() => this.#asking.delete(hash));
      this.#asking.set(hash, asking);
    }
    return settleWithin(asking, LOOK_UP_WITHIN_MS, this.#deps.clock, () => {
      return new FixpointError('unavailable', `no answer from the store within ${LOOK_UP_WITHIN_MS} ms`);
    });
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
  return createHash('sha256').update(text).digest();
}

/** Bounded: the oldest entry makes room. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  if (map.size >= MAX_CACHED) {
    const oldest = map.keys().next();
    if (oldest.done !== true) map.delete(oldest.value);
  }
  map.set(key, value);
}
