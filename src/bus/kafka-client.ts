import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import type * as KafkaLibraryModule from 'kafkajs';
import type { ISocketFactory, Kafka, KafkaConfig, LogEntry } from 'kafkajs';
import { FixpointError, messageOf } from '../domain/errors.js';
import type { Clock } from '../domain/clock.js';
import type { Log } from '../domain/log.js';

/** How to reach and to log in to the brokers. */
export interface KafkaAddress {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** `true` trusts the system's authorities; else certificates as PEM texts. */
  readonly tls?: boolean | KafkaTls | undefined;
  readonly sasl?: KafkaLogin | undefined;
}

export interface KafkaTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
}

export interface KafkaLogin {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** The library as it is loaded at first use. */
export type KafkaLibrary = typeof KafkaLibraryModule;

const CONNECTION_LIMIT_MS = 2_000;
const REQUEST_LIMIT_MS = 4_000;

export interface KafkaClient {
  readonly lib: KafkaLibrary;
  readonly kafka: Kafka;
  /** Cuts the connections that are left when all parts of the client were disconnected; no new ones are made after it. */
  readonly cut: () => void;
}

/** The library, loaded at first use and mended, and a client made with it. */
export async function createKafkaClient(address: KafkaAddress, log: Log): Promise<KafkaClient> {
  const lib = await import('kafkajs');
  mendIdleLoop();
  const sockets = trackSockets();
  const config: KafkaConfig = {
    clientId: address.clientId,
    brokers: [...address.brokers],
    connectionTimeout: CONNECTION_LIMIT_MS,
    requestTimeout: REQUEST_LIMIT_MS,
    authenticationTimeout: REQUEST_LIMIT_MS,
    logLevel: lib.logLevel.WARN,
    logCreator: () => (entry) => {
      if (!sockets.areCut()) writeLog(entry, log);
    },
    socketFactory: sockets.open,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
    ...(address.tls === undefined ? {} : { ssl: tlsOptions(address.tls) }),
    ...(address.sasl === undefined ? {} : { sasl: saslOptions(address.sasl) }),
  };
  return { lib, kafka: new lib.Kafka(config), cut: sockets.cut };
}

/**
 * kafkajs 2.2.4 says goodbye to the group of a consumer that broke over a connection that it opens anew for that, and forgets: with its
 * timer it kept a process that had stopped from ending, until the broker tired of it ten minutes later.
 */
function trackSockets(): { open: ISocketFactory; cut: () => void; areCut: () => boolean } {
  const require = createRequire(import.meta.url);
  // The package has no types for its inner files; this is what it uses where none is given.
  const open = (require('kafkajs/src/network/socketFactory') as () => ISocketFactory)();
  const sockets = new Set<Socket>();
  const over = new Error('the bus has stopped');
  let isCut = false;
  return {
    open: (to) => {
      if (isCut) return new Socket().destroy(over);
      const socket = open(to);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
    cut: () => {
      isCut = true;
      // With an error, for the library ends a connection's timer only when it hears of one.
      for (const socket of sockets) socket.destroy(over);
    },
    areCut: () => isCut,
  };
}

function tlsOptions(tls: boolean | KafkaTls): NonNullable<KafkaConfig['ssl']> {
  if (typeof tls === 'boolean') return tls;
  const { ca, cert, key, rejectUnauthorized } = tls;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

function saslOptions({ mechanism, username, password }: KafkaLogin): NonNullable<KafkaConfig['sasl']> {
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
  }
}

/** What the client says about itself. A first contact with a group is full of errors that it mends by itself, so none is an `error` here. */
function writeLog({ namespace, log: said }: LogEntry, log: Log): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...rest } = said;
  const fields = Object.entries(rest).filter(([, value]) => typeof value === 'string' || typeof value === 'number');
  log.warn({ kafka: message, namespace, ...Object.fromEntries(fields) }, 'the kafka client reports a problem');
}

/** What is touched of the library's queue of requests. */
interface RequestQueuePrototype {
  pending: readonly unknown[];
  scheduleCheckPendingRequests: (() => void) & { mended?: boolean };
}

/**
 * kafkajs 2.2.4 re-arms a timer of 0 ms for ever on every connection, though nothing waits: 850 wake-ups a second each, measured.
 * A request that has to wait arms the timer itself when it is queued, so an empty queue needs none.
 */
function mendIdleLoop(): void {
  const require = createRequire(import.meta.url);
  // The package has no types for its inner files; this is the class whose prototype is described above.
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueuePrototype };
  const original = prototype.scheduleCheckPendingRequests;
  if (original.mended) return;
  const mended: RequestQueuePrototype['scheduleCheckPendingRequests'] = function (this: RequestQueuePrototype) {
    if (this.pending.length > 0) original.call(this);
  };
  mended.mended = true;
  prototype.scheduleCheckPendingRequests = mended;
}

const DEEPEST_CAUSE = 5;

/** True when the broker refuses a message for its size: sending it again cannot help. */
export function isTooLarge(error: unknown): boolean {
  let cause: unknown = error;
  for (let depth = 0; depth < DEEPEST_CAUSE && cause instanceof Error; depth += 1) {
    if ('type' in cause && (cause.type === 'MESSAGE_TOO_LARGE' || cause.type === 'RECORD_LIST_TOO_LARGE')) return true;
    cause = cause.cause;
  }
  return false;
}

/** Waits at most `limit_ms` for `work`, then rejects with `unavailable` and `what`; the work itself is left to end by itself. */
export async function within<T>(clock: Clock, limit_ms: number, what: string, work: Promise<T>): Promise<T> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(limit_ms, () =>
      reject(new FixpointError('unavailable', `${what}: no answer within ${limit_ms} ms`)),
    );
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (error instanceof FixpointError) throw error;
    throw new FixpointError('unavailable', `${what}: ${messageOf(error)}`, { cause: error });
  } finally {
    cancel();
  }
}
