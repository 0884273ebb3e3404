import type { Settings } from '../config.js';
import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import type { Tokens } from '../domain/access/token.js';
import type { Log } from '../domain/log.js';
import { hashOf, newToken } from '../http/token-text.js';

/** A shorter one can be guessed. */
const LONG_ENOUGH = 16;

/** Makes an admin token where nobody could come in otherwise, and answers it: it is nowhere to be found again. Null where there is a way in. */
export async function makeFirstToken(
  tokens: Tokens,
  settings: Settings,
  token_id: string,
  clock: Clock,
  log: Log,
): Promise<string | null> {
  const { admin_token } = settings;
  if (admin_token !== undefined && admin_token.length < LONG_ENOUGH)
    log.warn(
      { setting: 'admin_token', characters: admin_token.length },
      `whoever guesses the admin token may do everything: make it ${LONG_ENOUGH} characters or longer`,
    );
  if (admin_token !== undefined || (await tokens.count()) > 0) return null;
  const token = newToken();
  const hash = hashOf(token);
  await tokens.add({ token_id, name: 'first admin', role: 'admin', created_at: instant(clock.now()), hash });
  return token;
}
