import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import type { Config, Settings } from '../config.js';
import type { Role } from '../domain/access/access.js';
import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import type { ConnectionCheck } from '../domain/connection.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import { createIds } from '../domain/id.js';
import type { Log } from '../domain/log.js';
import type { Store } from '../domain/store.js';
import { createExecutors } from '../executor/registry.js';
import { hashOf, newToken } from '../http/token-text.js';
import { createNotifiers } from '../notifier/registry.js';
import { checkPlaybooks } from './playbook-needs.js';
import { lookAtStore } from '../store/look.js';
import { openStore } from '../store/open.js';
import type { StoreOptions } from '../store/open.js';
import { exportStore, importStore } from '../store/transfer.js';
import type { Exported, Imported } from '../store/transfer.js';
import { readLines, writeTo, writeWholeFile } from '../store/transfer-file.js';
import { openConditions, openSilences } from '../source/registry.js';
import { PACKAGE_ROOT } from '../package-root.js';

/** What upkeep commands need from around them. */
export interface UpkeepDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
}

/** Opens the store of a configuration, without anything that works on it. */
export function openConfiguredStore(deps: UpkeepDeps): Promise<Store> {
  return openStore(storeOptions(deps));
}

function storeOptions({ config, clock, log }: UpkeepDeps): StoreOptions {
  const { settings } = config;
  return {
    url: settings.database_url ?? null,
    directory: settings.data_dir,
    seed: `${PACKAGE_ROOT}dist/seed`,
    migrations: `${PACKAGE_ROOT}migrations`,
    clock,
    ids: createIds(() => clock.now(), randomBytes),
    hears: false,
    onError: (error) => log.warn({ error: messageOf(error) }, 'trouble with the store'),
  };
}

/** Writes everything of an installation to a file, or to standard output. */
export function exportTo(
  deps: UpkeepDeps & { readonly version: string },
  out: string | null,
  signal: AbortSignal,
): Promise<Exported> {
  const options = { ...storeOptions(deps), version: deps.version };
  if (out !== null) return writeWholeFile(out, (write) => exportStore(options, write, signal));
  // Who reads it may stop reading: the next write says so.
  process.stdout.on('error', () => undefined);
  return exportStore(options, (text) => writeTo(process.stdout, text), signal);
}

/** Reads what `exportTo` wrote into an empty installation: all of it, or nothing. `-` is standard input. */
export function importFrom(deps: UpkeepDeps, file: string, signal: AbortSignal): Promise<Imported> {
  if (file !== '-') {
    try {
      // Before a data directory is made for it.
      accessSync(file, constants.R_OK);
    } catch (error) {
      throw new FixpointError('invalid', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }
  const options = storeOptions(deps);
  return importStore(options, readLines(file === '-' ? process.stdin : file), signal);
}

/** Dials every server that the configuration names and looks at the playbooks, for `fixpoint doctor`. Nothing is written and no message is sent. */
export async function dialAll(deps: UpkeepDeps, signal: AbortSignal): Promise<ConnectionCheck[]> {
  const { config, clock, log } = deps;
  const { settings } = config;
  const notifiers = createNotifiers(settings.notifiers, { clock, log, report_notify: settings.report.notify ?? null });
  const executors = createExecutors(settings.executors, {
    clock,
    notify: (notice, abort) => notifiers.notify(notice, abort),
  });
  const sourceApis = openConditions(settings.sources, { clock });
  const silences = openSilences(settings.sources, { clock });
  try {
    const lines = await Promise.all([
      dialStore(deps),
      dialKafka(deps, signal),
      checkPlaybooks(config),
      executors.check(signal),
      sourceApis.check(signal),
      silences?.check(signal) ?? [],
      notifiers.check(signal),
    ]);
    return lines.flat();
  } finally {
    await executors.stop();
    await sourceApis.stop();
    await silences?.stop();
    await notifiers.stop();
  }
}

/** Makes a token and keeps its hash; where a running Fixpoint holds the store, answers where that one listens. */
export async function createToken(
  deps: UpkeepDeps,
  name: string,
  role: Role,
): Promise<{ token_id: string; token: string } | { held_at: string }> {
  const store = await openConfiguredStore(deps).catch((error: unknown) => {
    if (error instanceof FixpointError && error.code === 'conflict') return null;
    throw error;
  });
  if (store === null) return { held_at: addressOf(deps.config.settings) };
  try {
    const token = newToken();
    const token_id = createIds(() => deps.clock.now(), randomBytes).next();
    await store.tokens.add({ token_id, name, role, created_at: instant(deps.clock.now()), hash: hashOf(token) });
    return { token_id, token };
  } finally {
    await store.stop();
  }
}

/** Where a service of this configuration is reached from its own machine. */
function addressOf({ host, port }: Settings): string {
  const near = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${near.includes(':') ? `[${near}]` : near}:${port}`;
}

/** How the settings reach the Kafka client, whoever opens it. */
export function kafkaOptions({ topic_prefix, tls, sasl, partitions, replication }: Settings['kafka']) {
  return {
    topicPrefix: topic_prefix,
    tls:
      typeof tls === 'boolean'
        ? tls
        : { ca: tls.ca, cert: tls.cert, key: tls.key, rejectUnauthorized: tls.reject_unauthorized },
    sasl,
    partitions,
    replication,
  };
}

async function dialStore(deps: UpkeepDeps): Promise<ConnectionCheck[]> {
  const target = deps.config.settings.database_url === undefined ? deps.config.settings.data_dir : 'DATABASE_URL';
  try {
    return [await lookAtStore(storeOptions(deps))];
  } catch (error) {
    // A running service holds the embedded store: that is how it should be.
    const inUse =
      error instanceof FixpointError && error.code === 'conflict' && deps.config.settings.database_url === undefined;
    const message = inUse ? 'a running Fixpoint holds it, as it should; its /readyz tells more' : messageOf(error);
    return [{ name: 'store', target, ok: inUse, message, required: true }];
  }
}

async function dialKafka({ config, clock, log }: UpkeepDeps, signal: AbortSignal): Promise<ConnectionCheck[]> {
  const { brokers } = config.settings.kafka;
  if (brokers === undefined) return [];
  const { openKafkaBus } = await import('../bus/kafka.js');
  try {
    const bus = await openKafkaBus({
      ...kafkaOptions(config.settings.kafka),
      brokers,
      clientId: 'fixpoint-doctor',
      clock,
      log,
      meter: { handled: () => undefined },
      onDead: () => Promise.resolve(),
    });
    try {
      return [await bus.check(signal)];
    } finally {
      await bus.stop();
    }
  } catch (error) {
    return [{ name: 'bus', target: brokers.join(','), ok: false, message: messageOf(error), required: true }];
  }
}
