import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Duration } from '../domain/duration.js';
import type { ExecutorSpec } from '../domain/executor.js';
import { checkFiles } from './check.js';

const KINDS = new Map<string, ExecutorSpec>([
  ['wait', { kind: 'wait', title: '', effect: 'read', output_keys: [], input: z.strictObject({ duration: Duration }) }],
  ['playbook', { kind: 'playbook', title: '', effect: 'read', output_keys: [], input: z.looseObject({}) }],
]);

const GOOD = 'playbook_id: PB\ntasks:\n  - id: a\n    type: Wait\n    parameters: {duration: 1s}\n';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fixpoint-check-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function write(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), content);
  }
}

/** `file:line:column: message` of everything that is wrong in the folder. */
async function problems(files: Record<string, string | Uint8Array>): Promise<string[]> {
  await write(files);
  return lines((await checkFiles([dir], KINDS)).problems);
}

function lines(found: readonly { file: string; line: number; column: number; message: string }[]): string[] {
  return found.map(({ file, line, column, message }) => `${file.slice(dir.length + 1)}:${line}:${column}: ${message}`);
}

describe('a folder that is right', () => {
  it('gives its playbooks and rules, with a version that only their content changes', async () => {
    await write({
      'a.yaml': GOOD,
      'deep/er/b.yml':
        '# the same, laid out otherwise\ntasks: [{type: wait, id: b, parameters: {duration: "1s"}}]\nplaybook_id: "PB2"\n',
      'rules.yaml': 'rules:\n  - {rule_id: R1, alert_name: X, playbook_id: PB2}\n',
      '.hidden/c.yaml': 'nonsense: [',
      'notes.txt': 'nonsense: [',
    });

    const { problems: found, playbooks, rules } = await checkFiles([dir], KINDS);

    expect(lines(found)).toEqual([]);
    expect([...playbooks.keys()].sort()).toEqual(['PB', 'PB2']);
    expect(rules.map((rule) => rule.rule_id)).toEqual(['R1']);
    const version = playbooks.get('PB')?.version;
    expect(version).toMatch(/^[0-9a-f]{64}$/);
    await write({ 'a.yaml': `# a comment\n${GOOD.replace('{duration: 1s}', '\n      duration: "1s"')}` });
    expect((await checkFiles([dir], KINDS)).playbooks.get('PB')?.version).toBe(version);
    await write({ 'a.yaml': GOOD.replace('1s', '2s') });
    expect((await checkFiles([dir], KINDS)).playbooks.get('PB')?.version).not.toBe(version);
  });

  it('may be reached through links, even circular ones', async () => {
    await write({ 'real/a.yaml': GOOD });
    await symlink(join(dir, 'real'), join(dir, 'real', 'again'));
    await mkdir(join(dir, 'mount'));
    await symlink(join(dir, 'real', 'a.yaml'), join(dir, 'mount', 'a.yaml'));

    expect([...(await checkFiles([join(dir, 'mount')], KINDS)).playbooks.keys()]).toEqual(['PB']);
    expect(lines((await checkFiles([join(dir, 'real')], KINDS)).problems)).toEqual([]);
  });
});

describe('everything that is wrong with a file', () => {
  it('is told at once, each at its line and column', async () => {
    const text = [
      'playbook_id: PB',
      'mod: auto',
      'tasks:',
      '  - id: a',
      '    type: wiat',
      '    timeout: 30',
      '  - id: b',
      '    type: wait',
      '    depends_on: [a, nobody]',
      '    parameters: {duration: soon, foo: 1}',
      '    conditions:',
      '      - "{{ nope.x > 3 }}"',
      "      - '{{ alert.metric_value > }}'",
      '      - {{ alert.status }}',
      '  - type: wait',
      '    parameters: {duration: "{{ vars.x }}"}',
      '',
    ].join('\n');
    expect(await problems({ 'a.yaml': text })).toEqual([
      'a.yaml:2:1: unknown key mod (did you mean mode?)',
      'a.yaml:5:11: no executor of this kind: wiat (did you mean wait?); there are playbook, wait',
      'a.yaml:6:14: expected a duration such as 300ms, 30s, 10m, 2h or 7d, came the number 30',
      'a.yaml:9:21: there is no task nobody',
      'a.yaml:10:28: expected a duration such as 300ms, 30s, 10m, 2h or 7d, came "soon"',
      'a.yaml:10:34: unknown key foo; expected one of duration',
      'a.yaml:12:13: unknown name nope',
      'a.yaml:13:34: the expression ends too early, in {{ alert.metric_value > }}',
      'a.yaml:14:9: an expression stands in quotes: "{{ … }}"; without them YAML reads a map',
      'a.yaml:15:5: id is missing: expected text',
      'a.yaml:16:32: vars has no x',
    ]);
  });

  it('is told for rules in the same way', async () => {
    const text = [
      'rules:',
      '  - rule_id: R1',
      '    alert_name: /(/',
      '    severity: [critical, crit]',
      '    matchers: ["env"]',
      '    condition: latency > fast',
      '    playbook_id: PX',
      '  - rule_id: R1',
      '    playbook_id: PB',
      '    prio: 3',
      '',
    ].join('\n');
    const found = await problems({ 'rules.yaml': text, 'a.yaml': GOOD });
    expect(found.map((line) => line.split(': ')[0])).toEqual([
      'rules.yaml:3:17',
      'rules.yaml:4:26',
      'rules.yaml:5:16',
      'rules.yaml:6:26',
      'rules.yaml:7:18',
      'rules.yaml:8:14',
      'rules.yaml:10:5',
    ]);
    expect(found.join('\n')).toContain('there is no playbook PX');
    expect(found.join('\n')).toContain('rule R1 stands twice, first in');
  });

  it.each<[string, string | Uint8Array, string]>([
    ['a tab', 'a:\n\t- b\n', ':2:1: expected spaces, came a tab'],
    ['a key that stands twice', `${GOOD}playbook_id: PC\n`, ':6:1: playbook_id stands twice'],
    ['two documents', `${GOOD}---\n${GOOD}`, ':6:1: expected one document a file'],
    ['nothing', '# nothing\n', ':1:1: the file is empty'],
    ['a list', '- a\n', ':1:1: expected a map, came a list'],
    ['a bracket that never closes', 'playbook_id: PB\ntasks: [\n', ': not valid YAML'],
    ['an expression without quotes before text', `${GOOD}name: {{ x }} y\n`, ':6:'],
    ['an unknown tag', `${GOOD}name: !!js/function x\n`, ':6:7: not valid YAML'],
    ['infinity', `${GOOD}vars: {x: .inf}\n`, ':6:11: expected a finite number, came Infinity'],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x61, 0x00]), ':1:1: expected UTF-8, came UTF-16'],
    ['Latin-1', new Uint8Array([0x61, 0x3a, 0x20, 0x31, 0x0a, 0x62, 0x3a, 0x20, 0xe4, 0x0a]), ':2:4: expected UTF-8'],
    ['depth without end', `a: ${'['.repeat(100_000)}`, 'nest too deep'],
    ['too many bytes', `# ${'x'.repeat(1_100_000)}\n${GOOD}`, ':1:1: expected at most 1048576 bytes'],
    [
      'an alias bomb',
      [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...'bcdefg'.split('').map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdef'[i]}`).join()}]`),
      ].join('\n'),
      ':2:8: aliases repeat more than 100',
    ],
  ])('%s is told where it stands', async (_what, content, expected) => {
    const found = await problems({ 'a.yaml': content });
    expect(found[0]).toContain('a.yaml:');
    expect(found[0]).toContain(expected);
  });

  it('is bounded, however much it is', async () => {
    const found = await problems({
      'a.yaml': `${GOOD}${Array.from({ length: 30_000 }, (_, i) => `k${i}: 1\n`).join('')}`,
    });
    expect(found).toHaveLength(201);
    expect(found.at(-1)).toContain('and 29800 more problems in this file');
  });
});

describe('several files', () => {
  it('have each playbook once', async () => {
    expect(await problems({ 'a.yaml': GOOD, 'b.yaml': GOOD })).toEqual([
      expect.stringMatching(/^b\.yaml:1:14: playbook PB stands twice; .*a\.yaml has it too$/),
    ]);
  });

  it('may be asked for alone: rules know the playbooks beside them, also a broken one', async () => {
    const rules = ['PB', 'PC', 'PD']
      .map((id, i) => `  - {rule_id: R${i}, alert_name: X, playbook_id: ${id}}\n`)
      .join('');
    await write({ 'a.yaml': GOOD, 'c.yaml': 'playbook_id: PC\ntasks: [\n', 'rules.yaml': `rules:\n${rules}` });
    expect(lines((await checkFiles([join(dir, 'rules.yaml')], KINDS)).problems)).toEqual([
      'rules.yaml:4:47: there is no playbook PD',
    ]);
  });

  it('name each other: a sub-playbook that does not exist is told, and one that would never end', async () => {
    const running = (id: string, other: string, more = '') =>
      `playbook_id: ${id}\ntasks:\n  - {id: a, type: Playbook, parameters: {playbook_id: ${other}}${more}}\n`;
    const files = {
      'a.yaml': running('PA', 'PB'),
      'b.yaml': running('PB', 'PA'),
      'c.yaml': running('PC', 'PC', ', conditions: ["{{ alert.metric_value > 3 }}"]'),
      'd.yaml': running('PD', '"{{ alert.labels.playbook }}"'),
      'e.yaml': running('PE', 'PX'),
      'f.yaml': running('PF', 'PG'),
      'g.yaml': 'playbook_id: PG\ntasks: [\n',
      'h.yaml': running('PH', 'PC', ', compensate: {type: playbook, parameters: {playbook_id: PY}}'),
    };
    const found = await problems(files);
    expect(found.filter((line) => !line.startsWith('g.yaml'))).toEqual([
      'a.yaml:3:55: playbooks run each other without end: PA → PB → PA',
      expect.stringMatching(/^e\.yaml:3:55: there is no playbook PX/),
      expect.stringMatching(/^h\.yaml:3:115: there is no playbook PY/),
    ]);
    expect(lines((await checkFiles([join(dir, 'a.yaml')], KINDS)).problems)).toEqual([]);
  });

  it('that do not exist, and folders without any, are told', async () => {
    await mkdir(join(dir, 'empty'));
    const { problems: found } = await checkFiles([join(dir, 'empty'), join(dir, 'nowhere')], KINDS);
    expect(lines(found)).toEqual([
      'empty:1:1: the folder holds no *.yaml and no *.yml',
      'nowhere:1:1: there is no such file or folder',
    ]);
  });
});
