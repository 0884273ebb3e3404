import type { Page, PageRequest } from '../page.js';
import type { TokenRecord } from './token.js';

/** Somebody who has signed in with a token: the token that it stands for, or the proof that it was the configured admin token. */
export interface Session {
  /** Null for the configured admin token, which is in no store. */
  readonly token: TokenRecord | null;
  /** What only the cookie's secret and the configured admin token together make; null for any other token. */
  readonly admin_proof: string | null;
  readonly created_at: string;
  readonly ends_at: string;
}

/** A session as it is listed. */
export interface ListedSession {
  readonly hash: string;
  /** Null for the configured admin token. */
  readonly token: TokenRecord | null;
  readonly created_at: string;
  readonly ends_at: string;
}

/** A session that begins. Exactly one of `token_id` and `admin_proof` is set. */
export interface NewSession {
  /** The hex SHA-256 of the cookie's secret; the secret itself is never kept. */
  readonly hash: string;
  readonly token_id: string | null;
  readonly admin_proof: string | null;
  readonly created_at: string;
  readonly ends_at: string;
}

/** Who has signed in, whichever process is asked. A session ends with its token. */
export interface Sessions {
  /** False when the token is not there any more: then nothing was kept. A token has so many sessions at once; the oldest makes room. */
  add(session: NewSession): Promise<boolean>;
  /** Null when there is no such session; whether its time is over is for the caller to say. */
  find(hash: string): Promise<Session | null>;
  /** Answers whether there was one. */
  end(hash: string): Promise<boolean>;
  /** Those whose time was not over at `now`, the newest first; with `token_id` only that token's. */
  list(token_id: string | null, page: PageRequest, now: string): Promise<Page<ListedSession>>;
  /** Ends the one whose hash begins so, if it is the token's (null: whoever's). Answers it, or null where there was none. */
  endOne(hash_begin: string, token_id: string | null): Promise<ListedSession | null>;
}
