import { createHash, randomBytes } from 'node:crypto';

/** A token that nobody can guess. */
export function newToken(): string {
  return `fixpoint_${randomBytes(24).toString('base64url')}`;
}

/** What is kept of a token. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
