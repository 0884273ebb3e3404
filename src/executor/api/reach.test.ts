import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAttempt } from '../../../test/helper/an-attempt.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback } from '../../../test/helper/loopback.js';
import type { AttemptContext, Executor, ExecutorSet } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { ApiCallConfig, apiCallModule } from './api.js';
import { ApiCallInput } from './input.js';

let server: Loopback;
const opened: ExecutorSet[] = [];

beforeEach(async () => {
  server = await openLoopback();
});

afterEach(async () => {
  for (const set of opened.splice(0)) await set.stop();
  await server.close();
});

function open(config: Record<string, unknown> = { base_url: server.url }): Executor {
  const clock = new FakeClock();
  const set = apiCallModule.create(ApiCallConfig.parse(config), { clock, notify: () => Promise.resolve([]) });
  opened.push(set);
  return set.executors['api_call']!;
}

interface Over {
  readonly config?: Record<string, unknown>;
  readonly attempt?: Partial<AttemptContext>;
}

function call(input: Record<string, unknown>, over: Over = {}): Promise<Outcome> {
  return open({ base_url: server.url, ...over.config }).execute(ApiCallInput.parse(input), anAttempt(over.attempt));
}

describe('what a call may reach', () => {
  it('gives the configured credentials to no other host than the base address', async () => {
    const other = await openLoopback();
    await call({ action: `GET ${other.url}/x` }, { config: { bearer_token: 'configured-token' } });
    const [request] = other.received;
    await other.close();

    expect(request?.headers).not.toHaveProperty('authorization');
  });

  it.each(['http://169.254.169.254/', 'http://[::ffff:a9fe:a9fe]/', 'http://2852039166/', 'http://[fe80::1]/'])(
    'is never %s',
    async (url) => {
      expect(await call({ action: `POST ${url}` })).toMatchObject({ type: 'failed', retryable: false });
    },
  );

  it('is the base address and the allowed hosts alone, once hosts are configured', async () => {
    const config = { allow_hosts: ['10.0.0.0/8', 'crm.example.com'], base_url: server.url };

    const base = await call({ action: 'GET /x' }, { config });
    const other = await call({ action: 'GET http://127.0.0.2:1/x' }, { config });

    expect(base.type).toBe('succeeded');
    expect(other).toHaveProperty('reason', expect.stringContaining('not among the allowed hosts'));
  });

  it.each(['http://x/', '10.0.0.0/99', 'a b', '1.2.3'])('is not configured by %j', (pattern) => {
    expect(ApiCallConfig.safeParse({ allow_hosts: [pattern] }).success).toBe(false);
  });

  it('hides a secret that an answer sends back', async () => {
    server.answer((request) => ({ json: { seen: request.headers } }));

    const outcome = await call(
      { action: 'GET /echo', headers: { 'X-Api-Key': 'playbook-key' } },
      { config: { basic_auth: { username: 'u', password: 'pass-word' } } },
    );

    const basic = Buffer.from('u:pass-word').toString('base64');
    expect(JSON.stringify(outcome)).toContain('***');
    for (const secret of ['playbook-key', 'pass-word', basic]) expect(JSON.stringify(outcome)).not.toContain(secret);
  });
});
