import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { FixpointError } from '../domain/errors.js';
import { createIds } from '../domain/id.js';
import type { ParsedPayload } from '../domain/source.js';
import { createIngest } from './ingest.js';

const ASIDE: ParsedPayload = { alerts: [], rejected: [], remarks: ['hello'], aside: true };

function house(pass: (payload: unknown) => Promise<void>) {
  const clock = new FakeClock();
  const told: string[] = [];
  const ingest = createIngest({
    sources: new Map([
      ['gated', { parse: () => ASIDE }],
      ['open', { parse: () => ASIDE }],
    ]),
    recognizers: [{ name: 'gated', recognizes: () => true }],
    gates: new Map([['gated', { pass }]]),
    bus: { publish: async () => void told.push('published') },
    deadLetters: { add: async () => told.push('dead letter').toString() },
    ids: createIds(
      () => clock.now(),
      (length) => new Uint8Array(length),
    ),
    clock,
    meter: {
      accepted: (_, count) => void told.push(`accepted ${count}`),
      rejected: () => void told.push('rejected'),
      remark: (_, text) => void told.push(text),
    },
  });
  return { ingest, told };
}

describe('a payload that is understood and no alert', () => {
  it('is accepted with nothing in it, and nothing is published or kept', async () => {
    const { ingest, told } = house(async () => undefined);

    expect(await ingest.accept('open', Buffer.from('{}'))).toEqual({ accepted: 0, alerts: [], rejected: 0 });
    expect(told).toEqual(['hello', 'accepted 0']);
  });
});

describe("a source's gate", () => {
  it('is passed by its own payloads before they are parsed, whichever way they came', async () => {
    const passed: unknown[] = [];
    const { ingest } = house(async (payload) => void passed.push(payload));

    await ingest.accept('gated', Buffer.from('{"a":1}'));
    await ingest.acceptAny(Buffer.from('{"b":1}'));
    await ingest.accept('open', Buffer.from('{"c":1}'));

    expect(passed).toEqual([{ a: 1 }, { b: 1 }]);
  });

  it.each(['forbidden', 'unavailable', 'invalid'] as const)(
    'that refuses with %s leaves nothing behind: no alert, no dead letter, no remark',
    async (code) => {
      const { ingest, told } = house(async () => {
        throw new FixpointError(code, 'no');
      });

      await expect(ingest.accept('gated', Buffer.from('{}'))).rejects.toMatchObject({ code });
      expect(told).toEqual([]);
    },
  );

  it('is not asked about the body of a dead letter, which passed it when it came', async () => {
    const { ingest } = house(async () => {
      throw new FixpointError('forbidden', 'the certificate is gone');
    });

    expect((await ingest.replay('gated', Buffer.from('{}'), 'replay by ann')).accepted).toBe(0);
  });
});
