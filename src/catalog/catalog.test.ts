import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { until } from '../../test/helper/until.js';
import type { Catalog, CatalogContent } from '../domain/catalog.js';
import type { ExecutorSpec } from '../domain/executor.js';
import { SILENT_LOG } from '../domain/log.js';
import { openCatalog } from './catalog.js';

const KINDS = new Map<string, ExecutorSpec>([
  ['noop', { kind: 'noop', title: '', effect: 'read', output_keys: null, input: z.looseObject({}) }],
]);

let dir: string;
let clock: FakeClock;
let catalog: Catalog | null;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fixpoint-catalog-'));
  clock = new FakeClock();
  catalog = null;
});
afterEach(async () => {
  await catalog?.stop();
  await rm(dir, { recursive: true, force: true });
});

function playbook(playbook_id: string, name = 'first'): string {
  const trigger = `trigger_conditions: [{alert_name: ${playbook_id}}]`;
  return `playbook_id: ${playbook_id}\nname: ${name}\n${trigger}\ntasks: [{id: a, type: noop}]\n`;
}

function rules(...playbooks: string[]): string {
  return `rules:\n${playbooks.map((id) => `  - {rule_id: R-${id}, alert_name: X, playbook_id: ${id}}\n`).join('')}`;
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(join(dir, file), text);
}

async function open(): Promise<Catalog> {
  catalog = await openCatalog({ dir, kinds: KINDS, clock, watch: true, log: SILENT_LOG });
  await catalog.whole();
  return catalog;
}

/** Lets the catalog look at its folder until what it has in force is as expected. */
async function seen(what: string, expected: (content: CatalogContent) => boolean): Promise<CatalogContent> {
  return until(what, async () => {
    await clock.advance(2_000);
    const content = catalog?.content();
    return content && expected(content) ? content : null;
  });
}

function inForce({ playbooks, rules: all }: CatalogContent): { playbooks: string[]; rules: string[] } {
  return {
    playbooks: [...playbooks.values()]
      .map((checked) => `${checked.playbook.playbook_id} ${checked.playbook.name}`)
      .sort(),
    rules: all.map((rule) => rule.rule_id).sort(),
  };
}

describe('the playbooks folder', () => {
  it('is taken up as it changes, and listeners are told once a change', async () => {
    await write('a.yaml', playbook('A'));
    const opened = await open();
    const heard: string[][] = [];
    const stopHearing = opened.onChange((content) => heard.push(inForce(content).playbooks));
    expect(inForce(opened.content())).toEqual({ playbooks: ['A first'], rules: ['A#1'] });

    await write('b.yaml', playbook('B'));
    await seen('B', ({ playbooks }) => playbooks.has('B'));
    await write('a.yaml', playbook('A', 'second'));
    await seen('the new A', ({ playbooks }) => playbooks.get('A')?.playbook.name === 'second');
    await rm(join(dir, 'b.yaml'));
    await seen('no B', ({ playbooks }) => !playbooks.has('B'));
    await clock.advance(20_000);

    expect(heard).toEqual([['A first', 'B first'], ['A second', 'B first'], ['A second']]);
    stopHearing();
    await write('c.yaml', playbook('C'));
    await seen('C', ({ playbooks }) => playbooks.has('C'));
    expect(heard).toHaveLength(3);
  });

  it('has its playbooks in force before its rules, which may be many thousands', async () => {
    await write('a.yaml', playbook('A'));
    await write('rules.yaml', rules('A'));
    catalog = await openCatalog({ dir, kinds: KINDS, clock, watch: true, log: SILENT_LOG });
    const heard: string[][] = [];
    catalog.onChange((content) => heard.push(inForce(content).rules));
    expect(inForce(catalog.content())).toEqual({ playbooks: ['A first'], rules: [] });

    await catalog.whole();

    expect(inForce(catalog.content())).toEqual({ playbooks: ['A first'], rules: ['R-A'] });
    expect(heard).toEqual([['R-A']]);
  });

  it('is whole at once and says so where nothing is in it', async () => {
    const opened = await open();
    expect(inForce(opened.content())).toEqual({ playbooks: [], rules: [] });
  });

  it('keeps the last good version of a file that breaks, and says what is wrong with it', async () => {
    await write('a.yaml', playbook('A'));
    await write('rules.yaml', rules('A'));
    await open();

    await write('a.yaml', 'playbook_id: A\ntasks: [\n');
    await write('rules.yaml', rules('A', 'A'));
    const broken = await seen('two files with problems', ({ problems }) => problems.length === 2);

    expect(inForce(broken)).toEqual({ playbooks: ['A first'], rules: ['R-A'] });
    expect(broken.problems.map(({ file, line }) => `${file}:${line}`)).toEqual(['a.yaml:3', 'rules.yaml:3']);
    await write('a.yaml', playbook('A', 'mended'));
    await write('rules.yaml', rules('A'));
    const mended = await seen('no problems', ({ problems }) => problems.length === 0);
    expect(inForce(mended)).toEqual({ playbooks: ['A mended'], rules: ['R-A'] });
  });

  it('keeps the rules as they were while they name a playbook that nobody has, and takes them up when it comes', async () => {
    await write('a.yaml', playbook('A'));
    await write('rules.yaml', rules('A'));
    await open();

    await write('rules.yaml', rules('B', 'A', 'C'));
    const kept = await seen('two unknown playbooks', ({ problems }) => problems.length === 2);
    expect(inForce(kept)).toEqual({ playbooks: ['A first'], rules: ['R-A'] });
    expect(kept.problems[0]).toMatchObject({ file: 'rules.yaml', line: 2, message: 'there is no playbook B' });

    await write('b.yaml', 'playbook_id: B\ntasks: [\n');
    await write('c.yaml', playbook('C'));
    const taken = await seen('C', ({ playbooks }) => playbooks.has('C'));
    expect(inForce(taken).rules).toEqual(['R-A', 'R-B', 'R-C']);

    await rm(join(dir, 'c.yaml'));
    await write('rules.yaml', rules('C', 'A'));
    const dangling = await seen('no C', ({ rules: all }) => all.length === 2);
    expect(inForce(dangling)).toEqual({ playbooks: ['A first'], rules: ['R-A', 'R-C'] });
  });

  it('begins without what was broken from the start: that playbook is off, and its rule stays in its place', async () => {
    await write('a.yaml', 'playbook_id: A\ntasks: 3\n');
    await write('b.yaml', playbook('B'));
    await write('rules.yaml', rules('A'));

    const { problems, ...content } = (await open()).content();

    expect(inForce({ problems, ...content })).toEqual({ playbooks: ['B first'], rules: ['B#1', 'R-A'] });
    expect(problems.map(({ file, line, column }) => `${file}:${line}:${column}`)).toEqual(['a.yaml:2:8']);
    expect([...(content.broken ?? [])]).toEqual([['A', problems]]);
  });

  it('keeps the conditions of a playbook that was broken from the start: what they match falls to nobody else', async () => {
    const broken = (id: string) => playbook(id).replace('type: noop', 'type: nope');
    await write('a.yaml', broken('A'));
    await write('b.yaml', playbook('B'));
    await write('c.yaml', broken('C').replace('alert_name: C', 'alert_name: /(/'));
    await write('d.yaml', broken('D'));
    await write('rules.yaml', rules('D'));

    expect(inForce((await open()).content())).toEqual({ playbooks: ['B first'], rules: ['A#1', 'B#1', 'R-D'] });

    await write('a.yaml', playbook('A'));
    const mended = await seen('A', ({ playbooks }) => playbooks.has('A'));
    expect(inForce(mended).rules).toEqual(['A#1', 'B#1', 'R-D']);
  });

  it('starts nothing by looser conditions while the rules that name it are broken', async () => {
    await write('a.yaml', playbook('A'));
    await write('b.yaml', playbook('B'));
    await write('rules.yaml', `${rules('A')}nonsense: 1\n`);

    expect(inForce((await open()).content())).toEqual({ playbooks: ['A first', 'B first'], rules: ['B#1'] });
  });

  it('never lets a copy replace what is in force', async () => {
    await write('pb.yaml', playbook('A'));
    await open();

    await write('backup.yaml', playbook('A', 'old'));
    const content = await seen('the double', ({ problems }) => problems.length === 1);

    expect(inForce(content).playbooks).toEqual(['A first']);
    expect(content.problems[0]).toMatchObject({ file: 'backup.yaml', line: 1 });
    await rm(join(dir, 'pb.yaml'));
    await seen('the copy, alone now', ({ playbooks }) => playbooks.get('A')?.playbook.name === 'old');
  });

  it('stays in force as it was when the folder itself goes away, and empty when it was never there', async () => {
    await write('a.yaml', playbook('A'));
    await open();
    await rename(dir, `${dir}-away`);
    const gone = await seen('the missing folder', ({ problems }) => problems.length === 1);
    expect(inForce(gone).playbooks).toEqual(['A first']);
    await rename(`${dir}-away`, dir);
    await seen('the folder again', ({ problems }) => problems.length === 0);

    const other = await openCatalog({ dir: join(dir, 'nowhere'), kinds: KINDS, clock, watch: false, log: SILENT_LOG });
    await other.whole();
    expect(other.content().playbooks.size).toBe(0);
    expect(other.content().problems.map(({ message }) => message)).toEqual(['there is no such file or folder']);
    await other.stop();
  });

  it('is not looked at any more after stop, which may be called twice', async () => {
    const opened = await open();
    await opened.stop();
    await opened.stop();
    await write('a.yaml', playbook('A'));
    await clock.advance(10_000);
    expect(opened.content().playbooks.size).toBe(0);
  });
});
