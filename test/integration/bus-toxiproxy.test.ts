import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKafkaBus } from '../../src/bus/kafka.js';
import type { Bus } from '../../src/domain/bus.js';
import { FixpointError } from '../../src/domain/errors.js';
import type { Log } from '../../src/domain/log.js';
import { aBatch } from '../contract/bus-suite.js';
import { freePort } from '../helper/loopback.js';
import { describeWith, servers } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

const API = 'http://127.0.0.1:28474';
const FINGERPRINTS = ['disk', 'latency', 'memory', 'queue'];
/** How long each kind of trouble lasts. */
const TROUBLE_MS = 6_000;
const PAUSE_MS = 50;
const PATIENCE_MS = 90_000;

const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined, child: () => log };

/** What is done to the line between the bus and the broker, as Toxiproxy names it; null takes the whole proxy away. */
const TROUBLES: readonly (readonly [string, Toxic | null])[] = [
  ['is cut', null],
  ['is slow', { type: 'latency', attributes: { latency: 600, jitter: 500 } }],
  ['resets its connections', { type: 'reset_peer', attributes: { timeout: 300 } }],
  ['swallows what it is given', { type: 'timeout', attributes: { timeout: 0 } }],
  ['ends in the middle of an answer', { type: 'limit_data', attributes: { bytes: 4_000 } }],
  ['is narrow', { type: 'bandwidth', attributes: { rate: 4 } }],
];

interface Toxic {
  readonly type: string;
  readonly attributes: Readonly<Record<string, number>>;
}

async function ask(method: string, path: string, body?: unknown): Promise<void> {
  const answer = await fetch(`${API}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(5_000),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`toxiproxy: ${method} ${path}: ${answer.status} ${text}`);
}

await describeWith(['kafka', 'toxiproxy'], 'a broker behind a bad line', () => {
  const proxy = `fixpoint-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-toxic-'));
  let env: Readonly<Record<string, string>> = {};
  let bus: Bus;
  const handled: { readonly alert_id: string; readonly fingerprint: string }[] = [];
  const dead: unknown[] = [];

  beforeAll(async () => {
    const [broker, controller, line] = [await freePort(), await freePort(), await freePort()];
    // The broker tells its clients the line's address: nothing goes around it.
    env = {
      SERVERS_RUN_DIR: folder,
      PORT: String(broker),
      CONTROLLER: String(controller),
      KAFKA_ADVERTISED: `127.0.0.1:${line}`,
    };
    const said = await servers(['up', 'kafka'], env);
    if (said.code !== 0) throw new Error(said.text);
    await ask('POST', '/proxies', { name: proxy, listen: `127.0.0.1:${line}`, upstream: `127.0.0.1:${broker}` });
    bus = await openKafkaBus({
      brokers: [`127.0.0.1:${line}`],
      clientId: 'fixpoint-suite',
      topicPrefix: 'toxic',
      partitions: 2,
      replication: 1,
      clock: SYSTEM_CLOCK,
      log,
      meter: { handled: () => undefined },
      onDead: async (letter) => void dead.push(letter),
    });
    await bus.subscribe(async ({ alerts }) => void handled.push(...alerts));
  }, 120_000);

  afterAll(async () => {
    await bus?.stop();
    await ask('DELETE', `/proxies/${proxy}`).catch(() => undefined);
    await servers(['down', 'kafka'], env);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }, 60_000);

  async function trouble(toxic: Toxic | null): Promise<() => Promise<void>> {
    if (toxic === null) {
      await ask('POST', `/proxies/${proxy}`, { enabled: false });
      return () => ask('POST', `/proxies/${proxy}`, { enabled: true });
    }
    for (const stream of ['upstream', 'downstream'])
      await ask('POST', `/proxies/${proxy}/toxics`, { ...toxic, name: stream, stream });
    return async () => {
      for (const stream of ['upstream', 'downstream']) await ask('DELETE', `/proxies/${proxy}/toxics/${stream}`);
    };
  }

  /** Sends as a monitoring system does: one alert after the other, each again until it is taken. Answers what was taken, in that order. */
  async function send(fingerprint: string, signal: AbortSignal): Promise<string[]> {
    const taken: string[] = [];
    while (!signal.aborted) {
      const batch = aBatch([fingerprint]);
      for (let isTaken = false; !isTaken;) {
        try {
          await bus.publish(batch);
          isTaken = true;
        } catch (error) {
          // Whatever happens to the line, the sender hears that it is to try again.
          if (!(error instanceof FixpointError) || error.code !== 'unavailable') throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
      taken.push(...batch.alerts.map((alert) => alert.alert_id));
    }
    return taken;
  }

  describe.each(TROUBLES)('that %s', (_what, toxic) => {
    it(
      'loses nothing that was taken, keeps the order, and goes on by itself',
      async () => {
        const stopping = new AbortController();
        const from = handled.length;
        const sending = FINGERPRINTS.map((fingerprint) => send(fingerprint, stopping.signal));
        await until('alerts on a sound line', () => handled.length > from + 4, PATIENCE_MS);

        const mend = await trouble(toxic);
        await new Promise((resolve) => setTimeout(resolve, TROUBLE_MS));
        await mend();
        const mended = handled.length;
        await until('alerts on the mended line', () => handled.length > mended + 4, PATIENCE_MS);
        stopping.abort();
        const taken = await Promise.all(sending);

        const got = (): Set<string> => new Set(handled.map((alert) => alert.alert_id));
        await until('everything that was taken', () => taken.flat().every((id) => got().has(id)), PATIENCE_MS);
        for (const [place, fingerprint] of FINGERPRINTS.entries()) {
          const firsts = new Set(handled.filter((a) => a.fingerprint === fingerprint).map((a) => a.alert_id));
          expect([...firsts].filter((id) => taken[place]?.includes(id))).toEqual(taken[place]);
        }
        expect(dead).toEqual([]);
      },
      4 * PATIENCE_MS,
    );
  });
});
