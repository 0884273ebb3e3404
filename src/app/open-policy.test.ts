import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { anAlert } from '../../test/helper/an-alert.js';
import type { Catalog, CatalogContent } from '../domain/catalog.js';
import { FixpointError } from '../domain/errors.js';
import { SILENT_LOG } from '../domain/log.js';
import { openPolicy } from './open-policy.js';

const EMPTY: CatalogContent = { playbooks: new Map(), rules: [], problems: [] };
const RULED: CatalogContent = { ...EMPTY, rules: [{ rule_id: 'R', alert_name: 'any', playbook_id: 'P' }] };

/** A folder whose rules come while the versions of its playbooks are being kept, which takes until it is told how that ends. */
function aFolder() {
  let content = EMPTY;
  let tell: (content: CatalogContent) => void = () => undefined;
  const keeping: { kept(): void; failed(error: Error): void }[] = [];
  const catalog: Catalog = {
    content: () => content,
    whole: async () => undefined,
    onChange: (listener) => {
      tell = listener;
      return () => undefined;
    },
    stop: async () => undefined,
  };
  return {
    catalog,
    playbooks: { record: () => new Promise<void>((kept, failed) => keeping.push({ kept, failed })) },
    keeping,
    become(next: CatalogContent) {
      content = next;
      tell(next);
    },
  };
}

function openingOf({ catalog, playbooks }: ReturnType<typeof aFolder>) {
  const settings = { default_mode: 'auto' } as const;
  return openPolicy({ catalog, playbooks, settings, clock: new FakeClock(), log: SILENT_LOG });
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

describe('what is in force', () => {
  it('has rules that came while the first playbooks were being kept', async () => {
    const folder = aFolder();
    const opening = openingOf(folder);
    folder.become(RULED);
    folder.keeping[0]?.kept();
    const { policy, whole } = await opening;
    expect(policy().rules.match(anAlert())).toEqual([]);

    let isWhole = false;
    const told = whole().then(() => (isWhole = true));
    await tick();
    expect(isWhole).toBe(false);
    folder.keeping[1]?.kept();
    await told;

    expect(
      policy()
        .rules.match(anAlert())
        .map(({ rule_id }) => rule_id),
    ).toEqual(['R']);
  });

  it('is never whole where the playbooks of its rules could not be kept', async () => {
    const folder = aFolder();
    const opening = openingOf(folder);
    folder.keeping[0]?.kept();
    const { whole } = await opening;
    folder.become(RULED);
    await tick();
    folder.keeping[1]?.failed(new FixpointError('unavailable', 'the database is away'));

    await expect(whole()).rejects.toThrow('the database is away');
  });
});
