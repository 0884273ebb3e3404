import { join } from 'node:path';
import type { Settings } from '../config.js';
import type { Bus } from '../domain/bus.js';
import type { Catalog } from '../domain/catalog.js';
import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import { durationMs } from '../domain/duration.js';
import type { Mode } from '../domain/rule/mode.js';
import type { Executors } from '../executor/registry.js';
import type { Connections, HttpConfig, HttpDeps } from '../http/deps.js';
import type { PartHealth } from '../http/readiness.js';
import type { Notifiers } from '../notifier/registry.js';
import { retentionOf } from '../retention-policy.js';

/** What the HTTP face takes from the settings; `root` is the folder of the installation. */
export function httpConfigOf(settings: Settings, root: string): HttpConfig {
  return {
    bodyLimit: settings.body_limit,
    publicUrl: settings.public_url ?? null,
    language: settings.language,
    sessionMs: durationMs(settings.session_life),
    payloads: { keep: settings.payloads.keep, max_age_ms: retentionOf(settings).payloads?.max_age_ms ?? null },
    webDir: join(root, 'dist', 'web'),
  };
}

interface PagesDeps {
  readonly executors: Executors;
  readonly notifiers: Notifiers;
  readonly catalog: Catalog;
  readonly bus: Bus;
  readonly health: () => Promise<readonly PartHealth[]>;
  readonly roles: ReadonlySet<string>;
  readonly default_mode: Mode;
  readonly clock: Clock;
}

/** What the pages ask for besides what the API has for everybody. Nothing of it is built or loaded before somebody asks. */
export function forThePages(deps: PagesDeps): Pick<HttpDeps, 'connections' | 'process' | 'checkText'> {
  const { executors, catalog, bus, health, roles, default_mode, clock } = deps;
  return {
    connections: connectionsOf(deps),
    process: { started_at: instant(clock.now()), default_mode, roles: [...roles], health, busLag: () => bus.lag() },
    async checkText(file, text) {
      const { checkTexts } = await import('../catalog/check-texts.js');
      const others = new Set(catalog.content().playbooks.keys());
      return checkTexts([{ file, text }], executors.specs(), others);
    },
  };
}

function connectionsOf({ executors, notifiers }: PagesDeps): Connections {
  return {
    notifiers: notifiers.names,
    defaultNotifiers: notifiers.default_names,
    checkExecutor: (kind, signal) => executors.checkKind(kind, signal),
    async checkNotifier(name, signal) {
      const check = await notifiers.checkOne(name, signal);
      return { checks: check === null ? [] : [check], note: null };
    },
  };
}
