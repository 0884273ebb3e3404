#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as readStream } from 'node:stream/consumers';
import { Command, CommanderError } from 'commander';
import pino from 'pino';
import { systemClock } from './system-clock.js';
import { readFolder } from './catalog/check-texts.js';
import { convertAlertmanager } from './catalog/alertmanager-file.js';
import { checkFiles } from './catalog/check.js';
import { backtest } from './cli/backtest.js';
import { check } from './cli/check.js';
import type { CheckedFiles } from './cli/check.js';
import { configShow } from './cli/config.js';
import { doctor } from './cli/doctor.js';
import { explain } from './cli/explain.js';
import { exportAll } from './cli/export.js';
import { importAll } from './cli/import.js';
import { addIncidentCommands } from './cli/incident-commands.js';
import type { CliIo } from './cli/io.js';
import { perform } from './cli/io.js';
import { approvals, approve, deny } from './cli/approvals.js';
import { pause, resume } from './cli/pause.js';
import { prove } from './cli/prove.js';
import { run } from './cli/run.js';
import { runsCancel, runsConfirm, runsList, runsRetry, runsShow } from './cli/runs.js';
import { send } from './cli/send.js';
import { importAlertmanager } from './cli/import-alertmanager.js';
import { addSilenceCommands } from './cli/silence-commands.js';
import { addStormCommands } from './cli/storm-commands.js';
import { test, testFromRun } from './cli/test.js';
import { tokenCreate } from './cli/token.js';
import { describeConfig, loadConfig } from './config.js';
import { createToken, dialAll, exportTo, importFrom, openConfiguredStore } from './app/dial.js';
import type { UpkeepDeps } from './app/dial.js';
import { limitTime } from './domain/time-limit.js';
import { executorSpecs } from './executor/registry.js';
import { provePlaybooks } from './app/prove-playbooks.js';
import { testPlaybooks, writeTest } from './app/rehearse.js';
import { serve, versionOf } from './serve.js';

const interrupted = new AbortController();

/** Who reads on no more (`| head`) has seen enough: that is an end, and no fault. The service and an export see to it themselves. */
function print(stream: NodeJS.WriteStream, line: string): void {
  if (stream.listenerCount('error') === 0)
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit();
    });
  stream.write(`${line}\n`);
}

const io: CliIo = {
  out: (line) => print(process.stdout, line),
  err: (line) => print(process.stderr, line),
  isTTY: process.stdout.isTTY,
  env: process.env,
  fetch: (url, init) => fetch(url, init),
  readText: (path) => (path === '-' ? readStream(process.stdin) : readFile(path, 'utf8')),
  clock: systemClock,
  signal: interrupted.signal,
};

const program = new Command('fixpoint')
  .description('Alert-driven auto-remediation')
  .version(versionOf())
  .exitOverride()
  .showHelpAfterError('(fixpoint --help tells what there is)');

/** Options of a command that talks to a running Fixpoint. */
function talks(command: Command): Command {
  return prints(command)
    .option('--url <url>', 'where Fixpoint runs (FIXPOINT_URL)')
    .option('--token <token>', 'FIXPOINT_TOKEN, or FIXPOINT_ADMIN_TOKEN');
}

function prints(command: Command): Command {
  return command.option('--json', 'JSON for programs');
}

/** Options of a command that reads the configuration itself. */
function configured(command: Command): Command {
  return command.option('--config <file>', 'fixpoint.yaml (FIXPOINT_CONFIG)');
}

function upkeep(options: { config?: string }): UpkeepDeps {
  const config = loadConfig({ file: options.config ?? null, env: process.env, cwd: process.cwd() });
  return { config, clock: systemClock, log: pino({ level: 'error', base: null }, pino.destination(2)) };
}

/** Sets the exit code to what the command answers. */
function ends<Args extends unknown[]>(work: (...args: Args) => Promise<number>): (...args: Args) => Promise<void> {
  return async (...args) => {
    process.exitCode = await work(...args);
  };
}

configured(program.command('serve').description('the service: the same as npm start'))
  .option('--roles <roles>', 'ingest,triage,schedule: a share of the work; needs Kafka and Postgres')
  .action(
    ends(async (options: { roles?: string; config?: string }) => {
      const argv = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
      return serve(argv);
    }),
  );

prints(
  program
    .command('check')
    .argument('[path...]')
    .description('validates playbooks and rules: file:line:column, what was expected, what came'),
).action(ends((paths: string[], options: object) => check({ paths, ...options }, io, checkNamed)));

talks(
  program
    .command('test')
    .argument('[path...]')
    .description('playbook tests: an alert and mocked answers, and what has to come out')
    .option('--playbooks <dir>', 'the playbooks that the tests are about')
    .option('--from-run <run_id>', 'writes the test that says what happened in this run'),
).action(
  ends((paths: string[], { fromRun, ...options }: { fromRun?: string }) =>
    fromRun === undefined
      ? test({ paths, ...options }, io, (files, dir) => testPlaybooks(files, dir, systemClock))
      : testFromRun({ paths, fromRun, ...options }, io, writeTest),
  ),
);

prints(
  program
    .command('prove')
    .argument('[playbook_id...]')
    .description('goes every way that a playbook can go, and tells the shortest one to what must never happen')
    .option('--playbooks <dir>', 'default: playbooks')
    .option('--faults <n>', 'how many things go wrong in one run at most (2)')
    .option('--paths <n>', 'how many ways are gone at most (20000)'),
).action(
  ends((playbook_ids: string[], options: object) =>
    prove({ playbook_ids, ...options }, io, (request) => provePlaybooks(request, systemClock)),
  ),
);

talks(program.command('run').argument('<playbook_id>').description('starts a run by hand and follows it'))
  .option('--alert <file>', 'the alert that it is about, as JSON; - is standard input')
  .option('--dry-run', 'record every write instead of making it')
  .action(ends((playbook_id: string, options: object) => run({ playbook_id, ...options }, io)));

talks(
  program.command('backtest').description('what would have happened to the stored alerts by other rules and playbooks'),
)
  .requiredOption('--since <when>', 'an instant, or a duration: that long ago')
  .option('--playbooks <dir>', 'go by these files; absent: by what is in force')
  .option('--max-alerts <n>', 'how many alerts are replayed at most (20000)')
  .action(ends((options: { since: string }) => backtest(options, io, readFolder)));

talks(program.command('explain').description('every rule, and why it matches an alert or not'))
  .requiredOption('--alert <file>', 'an alert as JSON; - is standard input')
  .action(ends((options: { alert: string }) => explain(options, io)));

talks(
  program.command('send').description('sends a test alert through the real intake and prints its fate as it unfolds'),
)
  .requiredOption('--alertname <name>')
  .option('--label <key=value>', 'may be given often', gather, [])
  .option('--annotation <key=value>', 'may be given often', gather, [])
  .option('--severity <word>', 'critical, warning, info, or a word that means one of them (page, P1, notice …)')
  .option('--service <name>')
  .option('--instance <address>')
  .option('--value <figure>', 'the figure that made it fire: 95, 12.5 %, 1.2 K')
  .option('--description <text>')
  .option('--status <status>', 'firing or resolved')
  .action(ends((options: { alertname: string }) => send(options, io)));

const runs = program.command('runs').description('what was done');
talks(runs.command('list').description('the newest first'))
  .option('--state <state>')
  .option('--playbook <playbook_id>')
  .option('--service <name>')
  .option('--since <when>', 'an instant, or a duration: that long ago')
  .option('--limit <n>')
  .option('--cursor <cursor>')
  .action(ends((options: object) => runsList(options, io)));
talks(runs.command('show').argument('<run_id>')).action(
  ends((run_id: string, options: object) => runsShow({ run_id, ...options }, io)),
);
talks(runs.command('cancel').argument('<run_id>'))
  .option('--reason <text>')
  .option('--compensate', 'takes back what the run wrote')
  .action(ends((run_id: string, options: object) => runsCancel({ run_id, ...options }, io)));

talks(runs.command('retry').argument('<run_id>').description('tries again what did not succeed'))
  .option('--step <step_id>')
  .option('--reason <text>')
  .action(ends((run_id: string, options: object) => runsRetry({ run_id, ...options }, io)));
talks(
  runs
    .command('confirm')
    .argument('<run_id>')
    .argument('<yes|no>')
    .description('says whether it is solved, or whether a write in doubt took place'),
)
  .option('--step <step_id>')
  .option('--comment <text>')
  .action(ends((run_id: string, answer: string, options: object) => runsConfirm({ run_id, answer, ...options }, io)));

talks(program.command('approvals').description('the questions that wait for an answer')).action(
  ends((options: object) => approvals(options, io)),
);
talks(program.command('approve').argument('<approval_id>').description('a yes to exactly what was shown'))
  .option('--comment <text>')
  .action(ends((approval_id: string, options: object) => approve({ approval_id, ...options }, io)));
talks(program.command('deny').argument('<approval_id>').description('a no'))
  .option('--comment <text>')
  .action(ends((approval_id: string, options: object) => deny({ approval_id, ...options }, io)));

addSilenceCommands(program, io, talks, ends);
addIncidentCommands(program, io, talks, ends);
addStormCommands(program, io, talks, ends);

talks(program.command('pause').description('the big red button: no new write starts anywhere'))
  .option('--reason <text>')
  .action(ends((options: object) => pause(options, io)));
talks(program.command('resume').description('releases the big red button'))
  .option('--reason <text>')
  .action(ends((options: object) => resume(options, io)));

configured(
  prints(
    program.command('doctor').description('dials every configured server: what works, and what to do about the rest'),
  ),
).action(
  ends((options: { json?: boolean; config?: string }) =>
    doctor(options, io, async (signal) => {
      const limit = limitTime(signal, 30_000, systemClock);
      try {
        return await dialAll(upkeep(options), limit.signal);
      } finally {
        limit.end();
      }
    }),
  ),
);

const config = program.command('config').description('the configuration');
configured(
  prints(config.command('show').description('what is in force, secrets hidden, each value with where it came from')),
).action(
  ends((options: { json?: boolean; config?: string }) =>
    configShow(options, io, () => Promise.resolve(describeConfig(upkeep(options).config))),
  ),
);

const token = program.command('token').description('who may talk to Fixpoint');
configured(
  talks(
    token.command('create').description('makes a token, by the running Fixpoint or in the store; it is shown once'),
  ),
)
  .requiredOption('--name <name>')
  .requiredOption('--role <role>', 'viewer, operator, approver, admin or ingest')
  .action(
    ends((options: { name: string; role: string; config?: string }) =>
      tokenCreate(options, io, (name, role) => createToken(upkeep(options), name, role)),
    ),
  );

configured(program.command('migrate').description('brings the tables of the store up to date')).action(
  ends((options: { config?: string }) =>
    perform(io, async () => {
      const store = await openConfiguredStore(upkeep(options));
      io.out(`up to date: ${store.description}`);
      await store.stop();
      return 0;
    }),
  ),
);

configured(prints(program.command('export').description('writes everything of this installation as JSON lines')))
  .option('--out <file>', 'compressed when its name ends in .gz; standard output without it')
  .action(
    ends((options: { out?: string; json?: boolean; config?: string }) =>
      exportAll(options, io, async (out, signal) =>
        exportTo({ ...upkeep(options), version: versionOf() }, out, signal),
      ),
    ),
  );

configured(
  prints(
    program
      .command('import')
      .argument('<file>', 'what fixpoint export wrote, compressed or not; - is standard input')
      .description('reads an export into an empty database: all of it, or nothing'),
  ),
).action(
  ends((file: string, options: { json?: boolean; config?: string }) =>
    importAll({ file, ...options }, io, async (path, signal) => importFrom(upkeep(options), path, signal)),
  ),
);

program
  .command('import-alertmanager')
  .argument('<alertmanager.yml>', '- is standard input')
  .description('makes suppressions.yaml of an Alertmanager’s inhibit rules and mute times; says what it could not take')
  .option('--out <file>', 'a file that is not there yet; standard output without it')
  .action(
    ends((file: string, options: { out?: string }) =>
      importAlertmanager({ file, ...options }, io, convertAlertmanager, (path, text) =>
        writeFile(path, text, { flag: 'wx' }),
      ),
    ),
  );

async function checkNamed(paths: readonly string[]): Promise<CheckedFiles> {
  const gone = paths.filter((path) => !existsSync(path));
  const found = await checkFiles(
    paths.filter((path) => !gone.includes(path)),
    executorSpecs,
  );
  const missing = gone.map((file) => {
    const where = `there is no file or folder ${resolve(file)}`;
    return { file, line: 1, column: 1, message: `${where}; name one that is there: fixpoint check <path>` };
  });
  return { problems: [...missing, ...found.problems], playbooks: found.playbooks.size, rules: found.rules.length };
}

function gather(value: string, before: string[]): string[] {
  return [...before, value];
}

async function main(): Promise<void> {
  // `serve` stops by itself on a signal; every other command is told that somebody is tired of waiting.
  process.once('SIGINT', () => interrupted.abort());
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}

// No await at the top: bundled programs are scripts.
void main();
