import type { Settings } from '../config.js';
import type { Catalog, CatalogContent } from '../domain/catalog.js';
import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { Mode } from '../domain/playbook/playbook.js';
import type { PlaybookStore } from '../domain/playbook/playbook-store.js';
import { compileRules } from '../domain/rule/rule-match.js';
import type { Policy } from '../triage/deps.js';

interface PolicyDeps {
  readonly settings: Pick<Settings, 'default_mode'>;
  readonly catalog: Catalog;
  readonly playbooks: Pick<PlaybookStore, 'record'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is in force, and when all of it is. */
export interface OpenPolicy {
  /** The rules and playbooks in force, whenever they are asked for. A change of the files takes effect once its versions are kept. */
  readonly policy: () => Policy;
  /** Resolves when the rules that the service starts with are in force; rejects when their playbooks could not be kept. */
  readonly whole: () => Promise<void>;
}

/** Puts the playbooks in force that have been read; what is read later follows by itself. */
export async function openPolicy(deps: PolicyDeps): Promise<OpenPolicy> {
  const { catalog, log } = deps;
  let policy: Policy = { rules: compileRules([]), playbooks: new Map(), modeOf: () => null };
  // The versions are kept before any run may hold them.
  const take = async (content: CatalogContent): Promise<void> => void (policy = await policyOf(content, deps));
  const opening = take(catalog.content());
  let taking = opening;
  catalog.onChange((content) => {
    taking = taking.catch(() => undefined).then(() => take(content));
    taking.catch((error: unknown) =>
      log.error({ error: messageOf(error) }, 'changed playbooks could not be kept; the old ones stay in force'),
    );
  });
  await opening;
  return {
    policy: () => policy,
    async whole() {
      await catalog.whole();
      await taking;
    },
  };
}

/** Keeps the versions in force, then compiles their rules: a run can only begin with a version that is kept. */
async function policyOf(content: CatalogContent, { settings, playbooks, clock }: PolicyDeps): Promise<Policy> {
  await playbooks.record([...content.playbooks.values()], instant(clock.now()));
  const modeOf = (playbook_id: string): Mode | null => {
    const checked = content.playbooks.get(playbook_id);
    return checked ? (checked.playbook.mode ?? settings.default_mode) : null;
  };
  return { rules: compileRules(content.rules), playbooks: content.playbooks, modeOf };
}
