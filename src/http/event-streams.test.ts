import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, HttpWorld } from '../../test/helper/http-deps.js';
import type { RunEvent } from '../domain/run/run.js';
import { until } from '../../test/helper/until.js';
import { createServer } from './server.js';

/** An open stream: what has arrived so far, and whether it has ended. */
interface Stream {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  text: string;
  ended: boolean;
  leave(): void;
}

let world: HttpWorld;
let app: FastifyInstance;
let port: number;

beforeEach(async () => {
  world = new HttpWorld();
  world.openRun('run-1');
  app = createServer(world.deps());
  await app.listen({ port: 0, host: '127.0.0.1' });
  port = (app.server.address() as AddressInfo).port;
});

afterEach(async () => {
  await app.close();
});

function follow(headers: Record<string, string> = {}, query = ''): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        port,
        host: '127.0.0.1',
        path: `/api/v1/runs/run-1/events${query}`,
        headers: Object.fromEntries(
          Object.entries({ authorization: `Bearer ${ADMIN_TOKEN}`, accept: 'text/event-stream', ...headers }).filter(
            ([, value]) => value !== '',
          ),
        ),
      },
      (answer) => {
        const leave = (): void => void asked.destroy();
        const stream: Stream = {
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text: '',
          ended: false,
          leave,
        };
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (stream.text += chunk));
        answer.on('close', () => (stream.ended = true));
        answer.on('error', () => undefined);
        resolve(stream);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

/** The ids of the events in a stream, in order. */
function idsIn(stream: Stream): number[] {
  return [...stream.text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
}

const at = '2026-11-21T10:00:00.000Z';

function pause(): void {
  world.happen('run-1', { type: 'run_paused', at, by: 'ann', reason: null });
}

function resume(): void {
  world.happen('run-1', { type: 'run_resumed', at, by: 'ann' });
}

function finish(): void {
  world.happen('run-1', { type: 'run_finished', at, state: 'succeeded', outcome: 'nothing_done', reason: null });
}

describe('a stream of run events', () => {
  it('tells each event as it happens and ends after the last', async () => {
    const stream = await follow();
    await until('the first event', () => idsIn(stream).length === 1);
    pause();
    await until('the second event', () => idsIn(stream).length === 2);
    finish();
    await until('the end', () => stream.ended);

    expect(stream.status).toBe(200);
    expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(idsIn(stream)).toEqual([1, 2, 3]);
    const [, second] = stream.text.split('\n\n');
    expect(second).toMatch(/^id: 2\nevent: run_paused\ndata: \{.*\}$/);
    expect(JSON.parse(second!.split('data: ')[1]!)).toMatchObject({
      seq: 2,
      run_id: 'run-1',
      type: 'run_paused',
      by: 'ann',
    });
    expect(world.listeners('run-1')).toBe(0);
  });

  it.each([
    ['the header Last-Event-ID', { 'last-event-id': '1' }, ''],
    ['the query last_event_id', {}, '?last_event_id=1'],
    ['the header, which is newer, over the query', { 'last-event-id': '1' }, '?last_event_id=0'],
  ])('goes on after %s', async (_what, headers, query) => {
    pause();
    finish();
    const stream = await follow(headers, query);
    await until('the end', () => stream.ended);

    expect(idsIn(stream)).toEqual([2, 3]);
  });

  it('tells a client that has seen everything to stay away', async () => {
    finish();
    const stream = await follow({ 'last-event-id': '2' });

    expect(stream.status).toBe(204);
  });

  it('asks by itself for events that no hint told of', async () => {
    const stream = await follow();
    await until('the first event', () => idsIn(stream).length === 1);
    const known = world.runs.get('run-1')!;
    known.events.push({ type: 'run_paused', at, by: 'another process', reason: null, seq: 2, run_id: 'run-1' });
    await until('a timer', () => world.listeners('run-1') === 1);
    await until('the second event', async () => {
      await world.clock.advance(1_000);
      return idsIn(stream).length === 2;
    });

    expect(idsIn(stream)).toEqual([1, 2]);
  });

  it('shows that it lives while nothing happens', async () => {
    const stream = await follow();
    await until('the first event', () => idsIn(stream).length === 1);
    await until('a heartbeat', async () => {
      await world.clock.advance(1_000);
      return stream.text.includes(': still here\n\n');
    });

    expect(idsIn(stream)).toEqual([1]);
  });

  it.each(['its token is taken away', 'its session ends', 'its session runs out'])(
    'ends within a minute after %s, however much happens',
    async (how) => {
      world.token('mine', 'viewer');
      const headers: Record<string, string> = { authorization: 'Bearer mine' };
      if (how.includes('session')) {
        const signedIn = await app.inject({ method: 'POST', url: '/api/v1/session', payload: { token: 'mine' } });
        headers.cookie = String(signedIn.headers['set-cookie']).split(';')[0]!;
        headers.authorization = '';
      }
      const stream = await follow(headers);
      await until('the first event', () => stream.text.includes('run_opened'));
      for (let second = 0; second < 40; second += 5) {
        await world.clock.advance(5_000);
        world.happen('run-1', {
          type: second % 10 === 0 ? 'run_paused' : 'run_resumed',
          at,
          by: 'ann',
          reason: null,
        } as RunEvent);
      }
      expect(stream.ended).toBe(false);
      if (how.includes('token')) world.tokens.clear();
      else if (how.includes('ends')) world.sessions.clear();
      else await world.clock.advance(12 * 3_600_000);
      for (let second = 0; second < 60 && !stream.ended; second += 1) {
        await world.clock.advance(1_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await until('its end', () => stream.ended);

      expect((await follow(headers)).status).toBe(401);
      expect(world.logged).toEqual([]);
    },
  );

  it('forgets a client that has left', async () => {
    const stream = await follow();
    await until('a listener', () => world.listeners('run-1') === 1);
    stream.leave();
    await until('no listener', () => world.listeners('run-1') === 0);

    expect(world.logged).toEqual([]);
  });

  it('is ended by a closing server', async () => {
    const stream = await follow();
    await until('the first event', () => idsIn(stream).length === 1);
    await app.close();
    await until('the end', () => stream.ended);

    expect(world.listeners('run-1')).toBe(0);
    // Kept alive, it would hold the closing up for as long as the client likes.
    expect(stream.headers.connection).toBe('close');
  });

  it('sends a long story completely', async () => {
    for (let turn = 0; turn < 1_200; turn++) {
      pause();
      resume();
    }
    finish();
    const stream = await follow();
    await until('the end', () => stream.ended);

    expect(idsIn(stream)).toEqual(Array.from({ length: 2_402 }, (_, index) => index + 1));
  });

  it('breaks off when the store fails, and says so in the log', async () => {
    const deps = world.deps();
    deps.store.runView.events = async () => Promise.reject(new Error('connection lost'));
    await app.close();
    app = createServer(deps);
    await app.listen({ port: 0, host: '127.0.0.1' });
    port = (app.server.address() as AddressInfo).port;
    const stream = await follow();
    await until('the end', () => stream.ended);

    expect(stream.text).toBe('');
    expect(world.logged).toHaveLength(1);
  });
});

describe('the events of a run as JSON', () => {
  it('come oldest first, each with its seq, in pages of a thousand', async () => {
    for (let turn = 0; turn < 510; turn++) {
      pause();
      resume();
    }
    const first = await app.inject({
      url: '/api/v1/runs/run-1/events',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    const { items, next_cursor } = first.json();
    const second = await app.inject({
      url: `/api/v1/runs/run-1/events?cursor=${next_cursor}`,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, accept: 'application/json' },
    });

    expect(items).toHaveLength(1_000);
    expect(items[0]).toMatchObject({ seq: 1, run_id: 'run-1', type: 'run_opened' });
    expect(second.json().items.at(-1).seq).toBe(1_021);
    expect(second.json().next_cursor).toBeNull();
  });
});
