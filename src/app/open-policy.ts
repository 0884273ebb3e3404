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
  readonly settings: Settings;
  readonly catalog: Catalog;
  readonly playbooks: PlaybookStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** The rules and playbooks in force, whenever they are asked for. A change of the files takes effect once its versions are kept. */
export async function openPolicy(deps: PolicyDeps): Promise<() => Policy> {
  const { catalog, log } = deps;
  let policy = await policyOf(catalog.content(), deps);
  catalog.onChange((content) => {
    // The versions are kept before any run may hold them.
    policyOf(content, deps).then(
      (next) => (policy = next),
      (error: unknown) =>
        log.error({ error: messageOf(error) }, 'changed playbooks could not be kept; the old ones stay in force'),
    );
  });
  return () => policy;
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
