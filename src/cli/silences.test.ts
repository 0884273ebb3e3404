import { beforeEach, describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { CliFace } from '../../test/helper/cli-face.js';
import type { FakeTerminal } from '../../test/helper/cli-io.js';
import type { HttpWorld } from '../../test/helper/http-deps.js';
import { importAlertmanager } from './import-alertmanager.js';
import { silencesCreate, silencesExpire, silencesList } from './silences.js';

const face = new CliFace();
let world: HttpWorld;
let terminal: FakeTerminal;
let url: string;

beforeEach(() => {
  ({ world, terminal, url } = face);
});

describe('fixpoint silences', () => {
  it('makes a silence with amtool’s words, prints its id alone, lists and ends it', async () => {
    const made = { matchers: ['HighLoad', 'env=~"prod|stage"'], duration: '2h', comment: 'deploying', url };
    expect(await silencesCreate(made, terminal.io())).toBe(0);
    const [silence_id = ''] = terminal.lines;
    expect(world.kept[0]).toMatchObject({
      kind: 'silence',
      doc: {
        silence_id,
        matchers: ['alertname="HighLoad"', 'env=~"prod|stage"'],
        comment: 'deploying',
        created_by: 'admin',
        starts_at: '2026-11-21T10:00:00.000Z',
        ends_at: '2026-11-21T12:00:00.000Z',
      },
    });

    terminal.lines.length = 0;
    expect(await silencesList({ url }, terminal.io())).toBe(0);
    expect(terminal.lines[1]).toContain(silence_id);
    expect(terminal.lines[1]).toContain('active');

    expect(await silencesExpire({ silence_ids: [silence_id], url }, terminal.io())).toBe(0);
    expect(world.kept[0]?.doc.ended_by).toBe('admin');
    terminal.lines.length = 0;
    expect(await silencesList({ url }, terminal.io())).toBe(0);
    expect(terminal.lines).toEqual(['no silences']);
    expect(await silencesList({ url, expired: true }, terminal.io())).toBe(0);
    expect(terminal.text).toContain('expired');
  });

  it('shows what it would hold, and makes nothing', async () => {
    world.open = [
      { key: 'a', alert: anAlert({ alert_id: 'one', labels: { env: 'prod' } }) },
      { key: 'b', alert: anAlert({ alert_id: 'two', labels: { env: 'test' } }) },
    ];
    expect(await silencesCreate({ matchers: ['env=prod'], dryRun: true, url }, terminal.io())).toBe(0);
    expect(terminal.text).toContain('one');
    expect(terminal.text).not.toContain('two');
    expect(world.kept).toEqual([]);
  });

  it.each([
    [{ matchers: ['env=prod'] }, /^fixpoint: comment: /],
    [{ matchers: ['env=~"("'], comment: 'c' }, /matchers\[0\]: .*RE2/],
    [{ matchers: ['env=prod'], comment: 'c', duration: '1 week' }, /duration: /],
    [{ matchers: ['env=prod'], comment: 'c', duration: '1h', end: '2h' }, /ends_at: /],
  ])('refuses %j as wrong usage, by its place', async (options, words) => {
    expect(await silencesCreate({ ...options, url }, terminal.io())).toBe(2);
    expect(terminal.errors[0]).toMatch(words);
    expect(world.kept).toEqual([]);
  });

  it('exits 1 where there is nothing to end', async () => {
    expect(await silencesExpire({ silence_ids: ['nothing'], url }, terminal.io())).toBe(1);
    expect(terminal.errors[0]).toContain('there is no silence nothing');
  });
});

describe('fixpoint import-alertmanager', () => {
  const remark = { file: 'am.yml', line: 3, column: 5, message: 'not taken' };

  it('prints the file, and on standard error what it could not take', async () => {
    terminal.files.set('am.yml', 'route: {}');
    const convert = (file: string, text: string) => {
      expect([file, text]).toEqual(['am.yml', 'route: {}']);
      return { text: 'inhibit_rules: []\n', inhibit_rules: 0, maintenance_windows: 0, remarks: [remark] };
    };
    const write = () => Promise.reject(new Error('nothing is to be written'));
    expect(await importAlertmanager({ file: 'am.yml' }, terminal.io(), convert, write)).toBe(0);
    expect(terminal.lines).toEqual(['inhibit_rules: []']);
    expect(terminal.errors).toEqual([
      'am.yml:3:5: not taken',
      '0 inhibit rules, 0 maintenance windows; 1 remark above',
    ]);
  });

  it('refuses a file that is there already, and one that cannot be read', async () => {
    terminal.files.set('am.yml', 'route: {}');
    const convert = () => ({ text: 'x', inhibit_rules: 0, maintenance_windows: 0, remarks: [] });
    const write = () => Promise.reject(new Error('EEXIST'));
    expect(await importAlertmanager({ file: 'am.yml', out: 'there.yaml' }, terminal.io(), convert, write)).toBe(2);
    expect(terminal.errors[0]).toContain('there.yaml cannot be written');
    expect(await importAlertmanager({ file: 'gone.yml' }, terminal.io(), convert, write)).toBe(2);
    expect(terminal.errors[1]).toContain('gone.yml cannot be read');
  });
});
