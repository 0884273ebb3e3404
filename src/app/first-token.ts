import type { Settings } from '../config.js';
import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import type { Tokens } from '../domain/access/token.js';
import { hashOf, newToken } from '../http/token-text.js';

/** Makes an admin token where nobody could come in otherwise, and answers it: it is nowhere to be found again. Null where there is a way in. */
export async function makeFirstToken(
  tokens: Tokens,
  settings: Settings,
  token_id: string,
  clock: Clock,
): Promise<string | null> {
  if (settings.admin_token !== undefined || (await tokens.count()) > 0) return null;
  const token = newToken();
  const hash = hashOf(token);
  await tokens.add({ token_id, name: 'first admin', role: 'admin', created_at: instant(clock.now()), hash });
  return token;
}
