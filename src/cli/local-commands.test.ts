import { beforeEach, describe, expect, it } from 'vitest';
import { FakeTerminal } from '../../test/helper/cli-io.js';
import type { ConnectionCheck } from '../domain/connection.js';
import { check } from './check.js';
import { configShow } from './config.js';
import { doctor } from './doctor.js';
import { exportAll } from './export.js';
import { importAll } from './import.js';

let terminal: FakeTerminal;

beforeEach(() => {
  terminal = new FakeTerminal();
});

describe('fixpoint check', () => {
  const problem = { file: 'playbooks/a.yaml', line: 3, column: 5, message: 'expected a string,\ncame 5' };

  it('prints each problem at its place and exits 1', async () => {
    const code = await check({ paths: ['playbooks'] }, terminal.io(), async () => ({
      problems: [problem],
      playbooks: 1,
      rules: 0,
    }));

    expect(code).toBe(1);
    expect(terminal.lines).toEqual([
      'playbooks/a.yaml:3:5: expected a string, came 5',
      '1 problem in 1 playbook, 0 rules',
    ]);
  });

  it('looks at playbooks/ when no path is named, and says what it found', async () => {
    let asked: readonly string[] = [];
    const code = await check({ paths: [] }, terminal.io(), async (paths) => {
      asked = paths;
      return { problems: [], playbooks: 4, rules: 4 };
    });

    expect(code).toBe(0);
    expect(asked).toEqual(['playbooks']);
    expect(terminal.lines).toEqual(['ok: 4 playbooks, 4 rules']);
  });

  it('prints JSON for programs', async () => {
    await check({ paths: [], json: true }, terminal.io(), async () => ({
      problems: [problem],
      playbooks: 1,
      rules: 0,
    }));

    expect(JSON.parse(terminal.text)).toEqual({ ok: false, playbooks: 1, rules: 0, problems: [problem] });
  });

  it('exits 1 when the files cannot be read', async () => {
    const code = await check({ paths: ['nowhere'] }, terminal.io(), async () =>
      Promise.reject(new Error('no such folder')),
    );

    expect(code).toBe(1);
    expect(terminal.errors).toEqual(['fixpoint: no such folder']);
  });
});

describe('fixpoint doctor', () => {
  const store: ConnectionCheck = { name: 'store', target: './data', ok: true, message: 'embedded', required: true };
  const mail: ConnectionCheck = {
    name: 'notifiers.email',
    target: 'mx:25',
    ok: false,
    message: 'refused',
    required: false,
  };

  it('exits 0 when only something optional does not work', async () => {
    expect(await doctor({}, terminal.io(), async () => [store, mail])).toBe(0);
    expect(terminal.lines).toEqual([
      '                  what             where   found',
      'ok                store            ./data  embedded',
      'fails (optional)  notifiers.email  mx:25   refused',
      '',
      'everything that is required works',
    ]);
  });

  it('exits 1 and names what is required and does not work', async () => {
    expect(await doctor({}, terminal.io(), async () => [{ ...store, ok: false }, mail])).toBe(1);
    expect(terminal.lines.at(-1)).toBe('does not work: store');
  });
});

describe('fixpoint config show', () => {
  it('shows each value with where it came from', async () => {
    const read = async () => [
      { key: 'PORT', value: '8080', from: 'default' },
      { key: 'executors.elasticsearch.url', value: 'http://es:9200', from: 'fixpoint.yaml' },
    ];
    await configShow({}, terminal.io(), read);
    expect(terminal.lines[2]).toBe('executors.elasticsearch.url  fixpoint.yaml  http://es:9200');

    await configShow({ json: true }, terminal.io(), read);
    expect(JSON.parse(terminal.lines[3]!)).toEqual(await read());
  });
});

describe('fixpoint export', () => {
  const result = { counts: { alerts: 12, runs: 3 }, from: 'embedded store in ./data', at_work: 0 };

  it('says what went over, and where to', async () => {
    const code = await exportAll({ out: 'all.gz' }, terminal.io(), async (out) => {
      expect(out).toBe('all.gz');
      return result;
    });

    expect(code).toBe(0);
    expect(terminal.lines).toEqual([
      'table   rows',
      'alerts  12',
      'runs    3',
      'exported from embedded store in ./data to all.gz',
    ]);
    expect(terminal.errors).toEqual([]);
  });

  it.each([false, true])('leaves standard output to the rows where no file is named (--json: %s)', async (json) => {
    expect(await exportAll({ json }, terminal.io(), async () => result)).toBe(0);

    expect(terminal.lines).toEqual([]);
    expect(terminal.errors.join()).toContain('12');
  });

  it('warns when others go on working on what was exported', async () => {
    await exportAll({ out: 'x' }, terminal.io(), async () => ({ ...result, at_work: 2 }));

    expect(terminal.errors).toEqual([expect.stringMatching(/^2 processes are at work .*stop them first/)]);
  });

  it('exits 1 with the reason when it is refused', async () => {
    const refused = exportAll({}, terminal.io(), () => Promise.reject(new Error('a running Fixpoint holds it')));

    expect(await refused).toBe(1);
    expect(terminal.errors).toEqual(['fixpoint: a running Fixpoint holds it']);
  });
});

describe('fixpoint import', () => {
  const result = { counts: { alerts: 12 }, into: 'postgres db/fixpoint' };

  it('says what went over, as text and as JSON', async () => {
    expect(await importAll({ file: 'all.gz' }, terminal.io(), async () => result)).toBe(0);
    expect(terminal.lines.splice(0)).toEqual([
      'table   rows',
      'alerts  12',
      'imported all.gz into postgres db/fixpoint',
    ]);

    await importAll({ file: '-', json: true }, terminal.io(), async () => result);
    expect(JSON.parse(terminal.text)).toEqual(result);
  });

  it('exits 1 with the line that is wrong', async () => {
    const refused = importAll({ file: 'x' }, terminal.io(), () =>
      Promise.reject(new Error('line 7: not JSON at column 3')),
    );

    expect(await refused).toBe(1);
    expect(terminal.errors).toEqual(['fixpoint: line 7: not JSON at column 3']);
  });
});
