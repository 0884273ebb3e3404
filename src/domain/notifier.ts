import type { z } from 'zod';
import type { Clock } from './clock.js';
import type { ConnectionCheck } from './connection.js';

export type Language = 'en' | 'zh';

/** A message to people, ready to be put into any channel. Every text is plain: a channel escapes it for itself. */
export interface Notice {
  /** Stable over retries, so that a channel that can tell a repeat does. */
  readonly notice_id: string;
  readonly subject: string;
  /** Plain text; lines end in \n. */
  readonly text: string;
  /** For channels that show HTML (mail); null: the text is used. */
  readonly html: string | null;
  /** Names of notifiers (`email`, `slack` …); null means those that the configuration's `report.notify` names. */
  readonly channels: readonly string[] | null;
  /** Mail addresses; empty means the notifier's own configured recipients. */
  readonly recipients: readonly string[];
  readonly severity: 'critical' | 'warning' | 'info';
  /** Where to read on: the run's page. Null when no public address is configured. */
  readonly link: string | null;
}

/** Something to tell people that belongs to no run, as the outbox keeps it. Every text is plain. */
export interface PlainNotice {
  readonly subject: string;
  readonly text: string;
  readonly severity: Notice['severity'];
  /** Names of notifiers; null means those that `report.notify` names. */
  readonly channels: readonly string[] | null;
}

/** How one channel answered. */
export type NotifyResult =
  | { readonly channel: string; readonly type: 'sent'; readonly target: string }
  | {
      readonly channel: string;
      readonly type: 'failed';
      readonly target: string;
      readonly reason: string;
      readonly retryable: boolean;
      readonly retry_after_ms?: number;
    };

/** A channel at work. `send` never throws for what the other side does: it answers `failed` with a reason that holds no secret. */
export interface Notifier {
  send(notice: Notice, signal: AbortSignal): Promise<NotifyResult>;
  check(signal: AbortSignal): Promise<ConnectionCheck>;
  stop(): Promise<void>;
}

/** A plug-in: one folder, one line in the registry. Its slice of the configuration is `notifiers.<name>`; absent, the channel does not exist. */
export interface NotifierModule<Config = unknown> {
  readonly name: string;
  readonly config: z.ZodType<Config>;
  create(config: Config, deps: { readonly clock: Clock }): Notifier;
}
