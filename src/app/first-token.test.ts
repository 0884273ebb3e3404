import { describe, expect, it } from 'vitest';
import type { Tokens } from '../domain/access/token.js';
import { loadConfig } from '../config.js';
import type { Log } from '../domain/log.js';
import { systemClock } from '../system-clock.js';
import { makeFirstToken } from './first-token.js';

describe('a configured admin token', () => {
  it.each([
    ['short', 1],
    ['a-token-of-some-length', 0],
  ])('%s is taken as it is; one that can be guessed is told', async (FIXPOINT_ADMIN_TOKEN, warnings) => {
    const { settings } = loadConfig({ file: null, env: { FIXPOINT_ADMIN_TOKEN }, cwd: import.meta.dirname });
    const told: unknown[] = [];
    const log = { warn: (...said: unknown[]) => void told.push(said) } as unknown as Log;
    const tokens = { count: () => Promise.resolve(0) } as unknown as Tokens;

    expect(await makeFirstToken(tokens, settings, 'T', systemClock, log)).toBeNull();
    expect(settings.admin_token).toBe(FIXPOINT_ADMIN_TOKEN);
    expect(told).toHaveLength(warnings);
    expect(JSON.stringify(told)).not.toContain(FIXPOINT_ADMIN_TOKEN);
  });
});
