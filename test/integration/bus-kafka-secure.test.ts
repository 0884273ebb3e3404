import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openKafkaBus } from '../../src/bus/kafka.js';
import type { KafkaBusOptions } from '../../src/bus/kafka.js';
import type { Bus } from '../../src/domain/bus.js';
import type { Log } from '../../src/domain/log.js';
import { aBatch } from '../contract/bus-suite.js';
import { describeWith } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

/** Ports of test/servers/kafka-secure: TLS with a client's certificate, TLS alone, a login alone, both. */
const MUTUAL = '127.0.0.1:29095';
const TLS = '127.0.0.1:29096';
const LOGIN = '127.0.0.1:29098';
const BOTH = '127.0.0.1:29099';
const PASSWORD = 'open-sesame-for-tests';
const fixture = (name: string): string => readFileSync(join(import.meta.dirname, '../fixture/tls', name), 'utf8');
const ca = fixture('localhost.crt');
const client = { cert: fixture('client.crt'), key: fixture('client.key') };
/** Sound, and vouched for by nobody whom the broker trusts. */
const stranger = { cert: fixture('localhost.crt'), key: fixture('localhost.key') };
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

await describeWith(['kafka-secure'], 'Kafka that asks who comes', () => {
  const buses: Bus[] = [];
  const said: string[] = [];
  const write = (fields: unknown, message: string): void => void said.push(JSON.stringify([fields, message]));
  const log: Log = { info: write, warn: write, error: write, child: () => log };

  async function open(broker: string, over: Partial<KafkaBusOptions>): Promise<Bus> {
    const bus = await openKafkaBus({
      brokers: [broker],
      clientId: 'fixpoint-suite',
      topicPrefix: `secure-${process.pid}-${Date.now()}`,
      partitions: 1,
      replication: 1,
      clock: SYSTEM_CLOCK,
      log,
      meter: { handled: () => undefined },
      onDead: async () => undefined,
      ...over,
    });
    buses.push(bus);
    return bus;
  }

  /** Everything that a bus does: it makes topics, publishes, joins a group and reads. */
  async function expectToWork(bus: Bus): Promise<void> {
    const got: string[] = [];
    const batch = aBatch(['a', 'b']);
    await bus.publish(batch);
    await bus.subscribe(async ({ alerts }) => void got.push(...alerts.map((alert) => alert.alert_id)));
    await until('the alerts', () => got.length >= 2, 60_000);
    expect(got).toEqual(batch.alerts.map((alert) => alert.alert_id));
    expect(await bus.check(AbortSignal.timeout(10_000))).toMatchObject({ ok: true });
  }

  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.stop()));
    expect(said.splice(0).join('\n')).not.toContain(PASSWORD);
  });

  it('is spoken to over TLS, by a certificate that the configuration trusts', async () => {
    await expectToWork(await open(TLS, { tls: { ca } }));
  });

  it('is not trusted by a certificate that nobody has vouched for', async () => {
    await expect(open(TLS, { tls: true })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/127\.0\.0\.1:29096.*self.signed certificate/),
    });
  });

  it('is trusted unseen where the configuration says so', async () => {
    const bus = await open(TLS, { tls: { rejectUnauthorized: false } });

    expect(await bus.check(AbortSignal.timeout(10_000))).toMatchObject({ ok: true });
  });

  it('lets in whoever shows the certificate of a client that it trusts', async () => {
    await expectToWork(await open(MUTUAL, { tls: { ca, ...client } }));
  });

  it.each([
    ['shows none', {}],
    ['shows one that it does not trust', stranger],
  ])('refuses who %s, and says so without the key', async (_, shown) => {
    const error: unknown = await open(MUTUAL, { tls: { ca, ...shown } }).catch((reason: unknown) => reason);

    expect(error).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/127\.0\.0\.1:29095.*certificate/) as unknown,
    });
    expect(String(error) + said.join()).not.toContain('PRIVATE KEY');
  });

  it('is not spoken to with a certificate that belongs to another key, and the key is not told', async () => {
    const mixed = { cert: client.cert, key: stranger.key };
    const error: unknown = await open(MUTUAL, { tls: { ca, ...mixed } }).catch((reason: unknown) => reason);

    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/key/i) as unknown });
    expect(String(error) + said.join()).not.toContain('PRIVATE KEY');
  });

  describe.each(MECHANISMS)('by %s', (mechanism) => {
    it('lets the right password in, in the clear and over TLS', async () => {
      const sasl = { mechanism, username: 'fixpoint', password: PASSWORD };

      await expectToWork(await open(LOGIN, { sasl }));
      await expectToWork(await open(BOTH, { sasl, tls: { ca } }));
    });

    it('refuses a wrong password, and says so without it', async () => {
      const sasl = { mechanism, username: 'fixpoint', password: `not-${PASSWORD}` };

      const error: unknown = await open(BOTH, { sasl, tls: { ca } }).catch((reason: unknown) => reason);

      expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/authentication/i) });
      expect(String(error)).not.toContain(PASSWORD);
    });
  });

  it('refuses who does not log in at all', async () => {
    await expect(open(LOGIN, {})).rejects.toMatchObject({ code: 'unavailable' });
  });
});
