import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { ok, World } from '../../test/helper/schedule-world.js';
import { anAlert } from '../../test/helper/an-alert.js';
import type { TestedFiles } from '../cli/test.js';
import { testPlaybooks, writeTest } from './rehearse.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rehearse-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), text);
}

async function tested(...paths: string[]): Promise<TestedFiles> {
  return testPlaybooks(paths.length === 0 ? [folder] : paths.map((path) => join(folder, path)), null, new FakeClock());
}

/** `file:line:column: message`, with the file's name within the folder. */
function placed({ results, problems }: TestedFiles): string[] {
  const all = [...problems, ...results.flatMap((result) => result.failures)];
  return all.map(({ file, line, column, message }) => `${file.slice(folder.length + 1)}:${line}:${column}: ${message}`);
}

const PLAYBOOK = `playbook_id: PB
trigger_conditions: [{alert_name: Down}]
tasks:
  - {id: look, type: prometheus_query, parameters: {query: up}, output_variable: up}
  - id: restart
    type: api_call
    depends_on: [look]
    conditions: ["{{ up.value < 1 }}"]
    action: POST /restart
`;

describe('fixpoint test', () => {
  it('runs the tests of a folder against the playbooks that they stand beside', async () => {
    await write('pb.yaml', PLAYBOOK);
    await write(
      'tests/pb.test.yaml',
      `tests:
  - name: restarts what is down
    alert: &down {alert_name: Down}
    answers: &answers {look: {output: {value: 0}}, restart: {output: {}}}
    expect: {decision: {rule_id: "PB#1"}, writes: [{step: restart}]}
  - name: leaves alone what is up
    alert: *down
    answers: {<<: *answers, look: {output: {value: 1}}}
    expect: {writes: []}
`,
    );

    const found = await tested();

    expect(placed(found)).toEqual([]);
    expect(found.results.map(({ name, ok: passed, line }) => [name, passed, line])).toEqual([
      ['restarts what is down', true, 2],
      ['leaves alone what is up', true, 6],
    ]);
  });

  it('tells with line and column what came out otherwise', async () => {
    await write('pb.yaml', PLAYBOOK);
    await write(
      'pb.test.yaml',
      `name: expects too much
alert: {alert_name: Down}
answers:
  look: {output: {value: 0}}
  restart: {output: {}}
expect:
  state: failed
  steps:
    restart: skipped
`,
    );
    expect(placed(await tested())).toEqual([
      'pb.test.yaml:7:10: expected failed, came succeeded',
      'pb.test.yaml:9:14: expected skipped, came succeeded',
    ]);
  });

  it('tells every slip in a file with its place, and runs the others', async () => {
    await write('pb.yaml', PLAYBOOK);
    await write('good.test.yaml', 'name: fine\nalert: {alert_name: Other}\nexpect: {writes: []}\n');
    await write(
      'bad.test.yaml',
      'name: x\nalert: {alert_nam: Down}\nanswers:\n  look: {output: 1, failed: y}\nexpect: {stat: done}\n',
    );
    const found = await tested();
    expect(placed(found)).toEqual([
      expect.stringMatching(/^bad.test.yaml:2:\d+: alert_name is missing/),
      expect.stringMatching(/^bad.test.yaml:2:9: unknown key alert_nam \(did you mean alert_name\?\)/),
      expect.stringMatching(/^bad.test.yaml:4:\d+: expected exactly one of .*came output and failed/),
      expect.stringMatching(/^bad.test.yaml:5:10: unknown key stat/),
    ]);
    expect(found.results.map(({ name }) => name)).toEqual(['fine']);
  });

  it('reads webhooks as their source does, and tells what the source refuses', async () => {
    await write('pb.yaml', PLAYBOOK);
    const test = (source: string, body: string): string =>
      `name: by webhook\nwebhook: {source: ${source}, body: ${body}}\nanswers: {look: {output: {value: 1}}}\nexpect: {decision: {action: run}}\n`;
    const alert =
      '{status: firing, labels: {alertname: Down}, annotations: {}, startsAt: "2026-01-05T09:59:00Z", endsAt: "0001-01-01T00:00:00Z"}';
    await write(
      'a.test.yaml',
      test(
        'alertmanager',
        `{version: "4", groupKey: k, status: firing, receiver: r, groupLabels: {}, alerts: [${alert}]}`,
      ),
    );
    await write('b.test.yaml', test('alertmanager', '{alerts: 5}'));
    await write('c.test.yaml', test('nagios', '{}'));

    expect(placed(await tested())).toEqual([
      expect.stringMatching(/^b.test.yaml:2:\d+: alertmanager refuses it: .*alerts: expected a list/),
      expect.stringMatching(/^c.test.yaml:2:\d+: there is no source nagios; expected one of/),
    ]);
  });

  it('names a path that is not there, and takes no playbook for a test', async () => {
    await write('pb.yaml', PLAYBOOK);
    expect(placed(await tested('nowhere'))).toEqual(['nowhere:1:1: there is no such file or folder']);
    expect(placed(await tested('pb.yaml'))).not.toEqual([]);
    expect(await tested()).toEqual({ results: [], problems: [] });
  });

  it('fails every test about a folder whose playbooks are wrong', async () => {
    await write('pb.yaml', PLAYBOOK.replace('prometheus_query', 'prometheus_quer'));
    await write('pb.test.yaml', 'name: x\nalert: {alert_name: Down}\nexpect: {}\n');
    expect(placed(await tested())[0]).toMatch(/^pb.yaml:4:\d+: .*prometheus_quer/);
  });
});

describe('fixpoint test --from-run', () => {
  it('makes the test that says what happened, and that test passes', async () => {
    const world = new World()
      .kind('prometheus_query', 'read', () => ok({ value: 0 }))
      .kind('api_call', 'write', () => ({
        type: 'succeeded',
        output: {},
        change: { target: 'shop', what: 'restart', from: null, to: null },
      }));
    const scheduler = await world.scheduler();
    const [look, restart] = [
      { id: 'look', type: 'prometheus_query', parameters: { query: 'up' }, output_variable: 'up' },
      {
        id: 'restart',
        type: 'api_call',
        depends_on: ['look'],
        conditions: ['{{ up.value < 1 }}'],
        parameters: { action: 'POST /restart' },
      },
    ];
    const alert = anAlert({ alert_name: 'Down' });
    const run_id = await world.begin(scheduler, [look, restart], {}, { alert });
    await world.clock.advance(1_000);
    const run = world.memory.run(run_id);
    await world.stop();
    expect(run.state).toBe('succeeded');

    const { yaml } = writeTest({ ...run, steps: Object.values(run.steps) });
    await write('pb.yaml', PLAYBOOK);
    await write('that-night.test.yaml', yaml);
    const found = await tested();

    expect(placed(found)).toEqual([]);
    expect(found.results).toHaveLength(1);
    expect(yaml).toContain('POST /restart');
  });

  it('keeps that a message could not be sent: in a test it would be', async () => {
    const world = new World().kind('notification', 'notify', () => ({
      type: 'failed',
      reason: 'no channel is configured',
      retryable: false,
    }));
    const scheduler = await world.scheduler();
    const tell = { id: 'tell', type: 'notification', parameters: { message: 'done' } };
    const run_id = await world.begin(scheduler, [tell], {}, { alert: anAlert({ alert_name: 'Down' }) });
    await world.clock.advance(1_000);
    const run = world.memory.run(run_id);
    await world.stop();
    expect(run.state).toBe('failed');

    const { yaml } = writeTest({ ...run, steps: Object.values(run.steps) });
    await write('pb.yaml', `playbook_id: ${run.playbook_id}\ntasks: [${JSON.stringify(tell)}]\n`);
    await write('that-night.test.yaml', yaml);

    expect(placed(await tested())).toEqual([]);
    expect(yaml).toContain('no channel is configured');
  });
});
