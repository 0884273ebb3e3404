import type { Role } from './access.js';
import type { Page, PageRequest } from '../page.js';

export interface TokenRecord {
  readonly token_id: string;
  readonly name: string;
  readonly role: Role;
  readonly created_at: string;
}

export interface Tokens {
  /** `hash` is the hex SHA-256 of the token; the token itself is never kept. */
  add(token: TokenRecord & { readonly hash: string }): Promise<void>;
  find(hash: string): Promise<TokenRecord | null>;
  count(): Promise<number>;
  /** The newest first. */
  list(page: PageRequest): Promise<Page<TokenRecord>>;
  /** Answers what was taken away, or why nothing was; with `keep_an_admin` the last token with the role admin stays. */
  remove(token_id: string, keep_an_admin: boolean): Promise<TokenRecord | 'unknown' | 'last_admin'>;
}
