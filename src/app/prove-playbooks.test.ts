import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { checkFiles } from '../catalog/check.js';
import type { CatalogContent } from '../domain/catalog.js';
import { checkPlaybook } from '../domain/playbook/playbook-check.js';
import type { Playbook, Task } from '../domain/playbook/playbook.js';
import { executorSpecs } from '../executor/registry.js';
import { gatesOf } from '../rehearsal/prove/gates.js';
import { prove } from '../rehearsal/prove/prove.js';
import type { Proof } from '../rehearsal/prove/prove.js';
import { rehearsalParts } from './rehearsal-parts.js';

const FOLDER = join(import.meta.dirname, '../../playbooks');
const parts = rehearsalParts(new FakeClock());

let shipped: CatalogContent;
beforeAll(async () => {
  shipped = await checkFiles([FOLDER], executorSpecs);
});

/** What `fixpoint prove` says of a playbook; a playbook that `fixpoint check` refuses is not begun. */
async function judge(playbook: Playbook, faults = 1, paths = 5_000): Promise<Proof> {
  const [problem] = checkPlaybook(playbook, executorSpecs);
  const { playbook_id } = playbook;
  if (problem)
    return {
      playbook_id,
      result: 'violated',
      violations: [{ message: problem.message, steps: [] }],
      unreached: [],
      warnings: [],
      paths: 0,
      faults,
    };
  const checked = { playbook, version: 'v1', file: 'a.yaml', source: '' };
  const playbooks = new Map([[playbook_id, checked]]);
  return prove(checked, { parts, playbooks, rules: shipped.rules }, { faults, paths });
}

function withTask(playbook: Playbook, id: string, change: (task: Task) => Partial<Task>): Playbook {
  return { ...playbook, tasks: playbook.tasks.map((task) => (task.id === id ? { ...task, ...change(task) } : task)) };
}

/** Every playbook that is one gate of a write poorer. */
function mutantsOf(playbook: Playbook): { name: string; mutant: Playbook }[] {
  const mutants: { name: string; mutant: Playbook }[] = [];
  const add = (name: string, id: string, change: (task: Task) => Partial<Task>): void =>
    void mutants.push({ name: `${playbook.playbook_id}: ${name}`, mutant: withTask(playbook, id, change) });
  for (const { task, readings } of gatesOf(playbook, executorSpecs).values()) {
    const { id } = task;
    for (const [index, condition] of (task.conditions ?? []).entries())
      add(`${id} without ${String(condition)}`, id, ({ conditions }) => ({
        conditions: conditions?.toSpliced(index, 1),
      }));
    for (const needed of task.depends_on ?? [])
      add(`${id} without waiting for ${needed}`, id, ({ depends_on }) => ({
        depends_on: depends_on?.filter((other) => other !== needed),
      }));
    if (task.approval) add(`${id} without approval`, id, () => ({ approval: undefined }));
    for (const bound of ['max_replicas', 'min_replicas'].filter((key) => task.parameters?.[key] !== undefined))
      add(`${id} without ${bound}`, id, ({ parameters }) => ({ parameters: { ...parameters, [bound]: undefined } }));
    if (task.in_doubt !== undefined || task.idempotent !== true)
      add(`${id} that is tried again when nobody knows`, id, () => ({ in_doubt: 'retry' }));
    for (const reading of readings)
      if (playbook.tasks.find((other) => other.id === reading)?.on_failure === 'abort_with_notification')
        add(`${reading} that goes on when it fails`, reading, () => ({ on_failure: 'continue' }));
  }
  return mutants;
}

describe('fixpoint prove and the playbooks that ship', () => {
  it('proves each of them', async () => {
    for (const { playbook } of shipped.playbooks.values())
      expect(await judge(playbook)).toMatchObject({ result: 'proven', violations: [] });
  }, 60_000);

  it('finds every gate that is taken out of one that writes', async () => {
    const mutants = [...shipped.playbooks.values()].flatMap(({ playbook }) => mutantsOf(playbook));
    const survivors: string[] = [];
    for (const { name, mutant } of mutants) {
      const proof = await judge(mutant);
      if (proof.result !== 'violated' || proof.violations.length === 0) survivors.push(name);
    }

    expect(survivors).toEqual([]);
    expect(mutants.length).toBeGreaterThanOrEqual(8);
  }, 120_000);

  it('knows the files of the folder by heart, so that none is left out', () => {
    const files = readdirSync(FOLDER).filter((name) => name.startsWith('pb-'));
    const ids = files.map((name) => /playbook_id: (\S+)/.exec(readFileSync(join(FOLDER, name), 'utf8'))?.[1]);

    expect([...shipped.playbooks.keys()].sort()).toEqual(ids.sort());
  });
});
