import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorOf, HttpFace } from '../../test/helper/http-face.js';
import { until } from '../../test/helper/until.js';
import { ConnectionChecks } from '../domain/api/connection.js';

const face = new HttpFace();
const { get, post } = face;
const GOOD = {
  name: 'executors.prometheus',
  target: 'http://prom:9090',
  ok: true,
  message: 'Prometheus 3',
  required: true,
};

beforeEach(async () => {
  const spec = { title: 'x', effect: 'read' as const, input: z.object({}), output_keys: null };
  face.world.specs = [{ ...spec, kind: 'prometheus_query' }];
  await face.open(face.world.deps());
});

describe('a connection', () => {
  it('is dialed when somebody asks, whatever the case of the kind', async () => {
    face.world.dial = async () => ({ checks: [GOOD], note: null });
    const answer = await post('/api/v1/executors/Prometheus_Query/check');

    expect(answer.statusCode).toBe(200);
    expect(ConnectionChecks.strict().parse(answer.json())).toEqual({ items: [GOOD], message: null });
  });

  it('that there is none of says why', async () => {
    face.world.dial = async () => ({
      checks: [],
      note: 'executors.prometheus is not configured: set executors.prometheus.url',
    });

    expect((await post('/api/v1/executors/prometheus_query/check')).json()).toEqual({
      items: [],
      message: 'executors.prometheus is not configured: set executors.prometheus.url',
    });
  });

  it('is dialed by those who may operate only', async () => {
    face.world.token('reader', 'viewer');
    const headers = { authorization: 'Bearer reader' };

    expect((await post('/api/v1/notifiers/slack/check', undefined, headers)).statusCode).toBe(403);
    expect((await get('/api/v1/notifiers', headers)).json().items).toEqual([
      { name: 'slack', default: true },
      { name: 'email', default: false },
    ]);
  });

  it.each([
    ['/api/v1/executors/prometheus_qery/check', 'there is no kind prometheus_qery (did you mean prometheus_query?)'],
    ['/api/v1/notifiers/slak/check', 'there is no notifier slak (did you mean slack?) that is configured'],
  ])('that does not exist is not found: %s', async (url, message) => {
    const answer = await post(url);

    expect([answer.statusCode, errorOf(answer).message]).toEqual([404, message]);
  });

  it('that does not answer is given up, and dialed once however many ask meanwhile', async () => {
    let dialed = 0;
    let aborted = false;
    face.world.dial = (_what, signal) => {
      dialed += 1;
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise(() => undefined);
    };
    const asked = [1, 2, 3].map(() => post('/api/v1/notifiers/slack/check'));
    await until('all wait', () => dialed > 0 && face.world.clock.waiting > 0);
    for (let second = 0; second < 25; second++) await face.world.clock.advance(1_000);
    const all = await Promise.all(asked);

    expect(dialed).toBe(1);
    expect(aborted).toBe(true);
    for (const answer of all)
      expect(answer.json()).toMatchObject({
        items: [{ name: 'notifiers.slack', ok: false, message: 'no answer within 21 s' }],
      });
    expect(face.world.clock.waiting).toBe(0);
  });

  it('whose check breaks says so without its words, which may hold anything', async () => {
    face.world.dial = async () => Promise.reject(new Error('https://hooks.example/T0/SECRET'));
    const answer = await post('/api/v1/notifiers/slack/check');

    expect(answer.json()).toMatchObject({ items: [{ ok: false }] });
    expect(answer.body).not.toContain('SECRET');
  });
});
