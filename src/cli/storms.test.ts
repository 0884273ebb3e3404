import { beforeEach, describe, expect, it } from 'vitest';
import { CliFace } from '../../test/helper/cli-face.js';
import type { FakeTerminal } from '../../test/helper/cli-io.js';
import type { HttpWorld } from '../../test/helper/http-deps.js';
import { stormsEnd, stormsList } from './storms.js';

const face = new CliFace();
let world: HttpWorld;
let terminal: FakeTerminal;
let url: string;
const AT = '2026-11-21T10:00:00.000Z';

beforeEach(() => {
  ({ world, terminal, url } = face);
  const rates = { alerts: 90, starts: 40 };
  const storm = { since: AT, changed_at: AT, calm_since: null, calm_level: 0, rates, peak: 2 } as const;
  world.storms = [
    { ...storm, scope: '', level: 2 },
    { ...storm, scope: 'shop', level: 0, ended: { by: 'ann', reason: 'known', until: '2026-11-21T10:20:00.000Z' } },
  ];
});

describe('fixpoint storms', () => {
  it('lists those that there are and those that are kept off', async () => {
    expect(await stormsList({ url }, terminal.io())).toBe(0);
    expect(terminal.lines[0]).toContain(`all services together: level 2 since ${AT} (nothing new starts)`);
    expect(terminal.lines[1]).toBe('shop: ended by ann, begins no more before 2026-11-21T10:20:00.000Z (known)');
    world.storms = [];
    terminal.lines.length = 0;
    await stormsList({ url }, terminal.io());
    expect(terminal.lines).toEqual(['no storm']);
  });

  it('ends them with who says so, why and for how long', async () => {
    expect(await stormsEnd({ url, reason: 'a load test' }, terminal.io())).toBe(0);
    expect(world.asked).toEqual([
      { what: 'end storms', with: { by: 'admin', reason: 'a load test', for_ms: 900_000 } },
    ]);
    expect(await stormsEnd({ url, reason: 'again' }, terminal.io())).toBe(1);
    expect(terminal.errors.join()).toContain('there is no storm now');
  });

  it('ends that of one service, or that of all together', async () => {
    await stormsEnd({ url, reason: 'r', service: 'shop', for: '2h' }, terminal.io());
    await stormsEnd({ url, reason: 'r', overall: true }, terminal.io());
    expect(world.asked.map((asked) => asked.with)).toEqual([
      { scope: 'shop', by: 'admin', reason: 'r', for_ms: 7_200_000 },
      { scope: '', by: 'admin', reason: 'r', for_ms: 900_000 },
    ]);
  });

  it('wants a reason, one scope and a length that makes sense', async () => {
    expect(await stormsEnd({ url }, terminal.io())).toBe(2);
    expect(await stormsEnd({ url, reason: 'r', service: 'a', overall: true }, terminal.io())).toBe(2);
    expect(await stormsEnd({ url, reason: 'r', for: '3d' }, terminal.io())).toBe(2);
    expect(terminal.errors.join()).toContain('for: expected 1m to 24h');
    expect(world.asked).toEqual([]);
  });
});
