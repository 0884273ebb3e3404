import { expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { SILENT_LOG } from '../domain/log.js';
import { sources } from '../source/registry.js';
import { openWebhookSenders } from './webhook-senders.js';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:alarms';
const open = (config: Record<string, unknown>) =>
  openWebhookSenders(config, { clock: new FakeClock(), log: SILENT_LOG });

it('without configuration no source has a proof of its own, and SNS messages are looked at', async () => {
  const senders = open({});

  expect([...senders.proofs.keys()]).toEqual([]);
  expect([...senders.gates.keys()]).toEqual(['cloudwatch']);
  await senders.stop();
  await senders.stop();
});

it('a secret, or a list of topics, makes what a system sends a credential', async () => {
  const slice = (name: string, settings: object) => sources.find((one) => one.name === name)?.config.parse(settings);
  const senders = open({
    grafana: slice('grafana', { secret: 's' }),
    sentry: slice('sentry', { secret: 's' }),
    cloudwatch: slice('cloudwatch', { topics: [TOPIC] }),
    datadog: slice('datadog', { secret: 's' }),
  });

  expect(Array.from(senders.proofs, ([name, { header }]) => [name, header])).toEqual([
    ['grafana', 'x-grafana-alerting-signature'],
    ['cloudwatch', 'x-amz-sns-message-type'],
    ['sentry', 'sentry-hook-signature'],
  ]);
  await senders.stop();
});
