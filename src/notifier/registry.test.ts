import { afterEach, describe, expect, it } from 'vitest';
import { aNotice } from '../../test/contract/notifier-suite.js';
import { openServer } from '../../test/contract/webhook-world.js';
import type { Given } from '../../test/contract/webhook-world.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { SILENT_LOG } from '../domain/log.js';
import { createNotifiers, notifierModules, NotifiersConfig } from './registry.js';

const signal = new AbortController().signal;
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function notifiers(given: Given, report_notify: readonly string[] | null = null) {
  const server = await openServer(() => given);
  const config = NotifiersConfig.parse({
    slack: { url: `${server.url}/slack` },
    webhook: { url: `${server.url}/hook` },
  });
  const one = createNotifiers(config, { clock: new FakeClock(), log: SILENT_LOG, report_notify });
  closing.push(() => one.stop(), server.close);
  return { one, received: server.received };
}

const OK = { status: 200, body: 'ok' };

describe('the notifiers', () => {
  it('have one place in the configuration each', () => {
    expect(Object.keys(NotifiersConfig.shape)).toEqual(notifierModules.map((module) => module.name));
  });

  it('refuse the configuration of a channel that does not exist', () => {
    expect(NotifiersConfig.safeParse({ pager: {} }).error?.message).toMatch(/pager/);
  });

  it('send to every configured channel unless report.notify or the notice names some', async () => {
    const all = await notifiers(OK);
    const some = await notifiers(OK, ['webhook']);

    expect((await all.one.notify(aNotice(), signal)).map((result) => result.channel)).toEqual(['slack', 'webhook']);
    expect((await some.one.notify(aNotice(), signal)).map((result) => result.channel)).toEqual(['webhook']);
    expect(await some.one.notify(aNotice({ channels: ['slack', 'slack'] }), signal)).toHaveLength(1);
    expect(some.one.default_names).toEqual(['webhook']);
    expect(some.one.names).toEqual(['slack', 'webhook']);
  });

  it('answer for a channel that is not configured, and still send to the others', async () => {
    const { one } = await notifiers(OK);

    const results = await one.notify(aNotice({ channels: ['pager', 'slack'] }), signal);

    expect(results[0]).toMatchObject({
      channel: 'pager',
      type: 'failed',
      retryable: false,
      reason: expect.stringContaining('slack, webhook') as string,
    });
    expect(results[1]).toMatchObject({ channel: 'slack', type: 'sent' });
  });

  it('do not let one channel hold up or lose the answer of another', async () => {
    const server = await openServer((request) => (request.path === '/slack' ? 'cut' : OK));
    const config = NotifiersConfig.parse({
      slack: { url: `${server.url}/slack` },
      webhook: { url: `${server.url}/hook` },
    });
    const one = createNotifiers(config, { clock: new FakeClock(), log: SILENT_LOG, report_notify: null });
    closing.push(() => one.stop(), server.close);

    const results = await one.notify(aNotice(), signal);

    expect(results.map((result) => result.type)).toEqual(['failed', 'sent']);
  });

  it('refuse a report.notify that names what is not configured, at its place', () => {
    const build = () => createNotifiers({}, { clock: new FakeClock(), log: SILENT_LOG, report_notify: ['email'] });

    expect(build).toThrow('report.notify[0]: expected a configured notifier (none is configured), got "email"');
  });

  it('send nothing, and say nothing, where none is configured', async () => {
    const one = createNotifiers({}, { clock: new FakeClock(), log: SILENT_LOG, report_notify: null });

    expect(await one.notify(aNotice(), signal)).toEqual([]);
    expect(await one.check(signal)).toEqual([]);
  });

  it('check one channel by its name', async () => {
    const { one, received } = await notifiers(OK);

    expect(await one.checkOne('slack', signal)).toMatchObject({ name: 'notifiers.slack' });
    expect(await one.checkOne('email', signal)).toBeNull();
    expect(received.filter(({ path }) => path.startsWith('/hook'))).toEqual([]);
  });

  it('check every configured channel', async () => {
    const { one, received } = await notifiers(OK);

    const checks = await one.check(signal);

    expect(checks.map((check) => [check.name, check.ok])).toEqual([
      ['notifiers.slack', true],
      ['notifiers.webhook', true],
    ]);
    expect(received).toHaveLength(0);
  });
});
