import { z } from 'zod';
import type { Clock } from '../domain/clock.js';
import type { ConnectionCheck } from '../domain/connection.js';
import { FixpointError } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { Notice, Notifier, NotifierModule, NotifyResult } from '../domain/notifier.js';
import { dingtalk } from './dingtalk/dingtalk.js';
import { email } from './email/email.js';
import { feishu } from './feishu/feishu.js';
import { slack } from './slack/slack.js';
import { webhook } from './webhook/webhook.js';
import { wecom } from './wecom/wecom.js';

/** More channels than this in one notice are a mistake. */
const MAX_CHANNELS = 20;

/** Every channel that Fixpoint knows: one line each. */
export const notifierModules: readonly NotifierModule[] = [email, slack, dingtalk, wecom, feishu, webhook];

/** The slice `notifiers` of the configuration: a channel that is not named there does not exist. */
export const NotifiersConfig = z.strictObject({
  email: email.config.optional(),
  slack: slack.config.optional(),
  dingtalk: dingtalk.config.optional(),
  wecom: wecom.config.optional(),
  feishu: feishu.config.optional(),
  webhook: webhook.config.optional(),
});
export type NotifiersConfig = z.infer<typeof NotifiersConfig>;

export interface NotifiersDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** `report.notify`: who hears of a notice that names no channel; null means every configured channel. */
  readonly report_notify: readonly string[] | null;
}

/** The configured channels, as one. */
export interface Notifiers {
  /** Names of the configured channels. */
  readonly names: readonly string[];
  /** Those that get a notice without channels. */
  readonly default_names: readonly string[];
  /** Sends to every channel of the notice at once; one answer per channel, never a throw. */
  notify(notice: Notice, signal: AbortSignal): Promise<NotifyResult[]>;
  /** Dials every configured channel without sending a message. */
  check(signal: AbortSignal): Promise<ConnectionCheck[]>;
  /** The same for one channel; null when there is none of that name. */
  checkOne(name: string, signal: AbortSignal): Promise<ConnectionCheck | null>;
  stop(): Promise<void>;
}

/** Builds the configured channels; nothing is dialled. Refuses a `report.notify` that names a channel which is not configured. */
export function createNotifiers(config: NotifiersConfig, deps: NotifiersDeps): Notifiers {
  const channels = new Map<string, Notifier>();
  for (const module of notifierModules) {
    const slice = config[module.name as keyof NotifiersConfig]; // the test of this file holds the two lists together
    if (slice !== undefined) channels.set(module.name, module.create(slice, { clock: deps.clock }));
  }
  const names = [...channels.keys()];
  const default_names = [...new Set(deps.report_notify ?? names)];
  for (const [index, name] of default_names.entries()) {
    if (!channels.has(name)) throw unknownDefault(index, name, names);
  }
  return {
    names,
    default_names,
    notify(notice, signal) {
      const wanted = [...new Set(notice.channels ?? default_names)].slice(0, MAX_CHANNELS);
      return Promise.all(wanted.map((name) => sendTo(channels, name, notice, signal, deps.log)));
    },
    check: (signal) => Promise.all([...channels.values()].map((channel) => channel.check(signal))),
    checkOne: async (name, signal) => (await channels.get(name)?.check(signal)) ?? null,
    async stop() {
      await Promise.all([...channels.values()].map((channel) => channel.stop()));
    },
  };
}

async function sendTo(
  channels: ReadonlyMap<string, Notifier>,
  name: string,
  notice: Notice,
  signal: AbortSignal,
  log: Log,
): Promise<NotifyResult> {
  const channel = channels.get(name);
  if (!channel)
    return { channel: name, type: 'failed', target: name, reason: unknownChannel(channels), retryable: false };
  try {
    return await channel.send(notice, signal);
  } catch (error) {
    // A notifier that throws is itself broken; the others' answers must not be lost with it.
    log.error({ channel: name, notice_id: notice.notice_id, at: placeOf(error) }, 'a notifier is broken');
    return { channel: name, type: 'failed', target: name, reason: 'internal error of the notifier', retryable: false };
  }
}

/** Where it broke, without the message: that may quote an address or a key. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.slice(0, 5).map((line) => line.trim())].join(' ');
}

function unknownChannel(channels: ReadonlyMap<string, Notifier>): string {
  const known = [...channels.keys()].join(', ');
  return known === '' ? 'no notifier is configured' : `no notifier of this name is configured; there are ${known}`;
}

function unknownDefault(index: number, name: string, names: readonly string[]): FixpointError {
  const message = `expected a configured notifier (${names.join(', ') || 'none is configured'}), got ${JSON.stringify(name)}`;
  return new FixpointError('invalid', `report.notify[${index}]: ${message}`, {
    details: [{ path: `report.notify[${index}]`, message }],
  });
}
