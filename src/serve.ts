import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { startApp } from './app.js';
import type { App } from './app.js';
import { loadConfig } from './config.js';
import { counted } from './domain/counted.js';
import { FixpointError, messageOf } from './domain/errors.js';
import { playbooksFolderFault } from './app/playbook-needs.js';
import type { FolderFault } from './app/playbook-needs.js';
import { systemClock } from './system-clock.js';
import { ROLES } from './app/work-roles.js';
import type { WorkRole } from './app/work-roles.js';

/** `fixpoint serve`, which is also `npm start`: config → app → start → wait for a signal → stop. Answers the exit code. */
export async function serve(argv: readonly string[]): Promise<number> {
  let app: App;
  let configuration: string;
  let folder: FolderFault | null;
  outliveReaders();
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { roles: { type: 'string' }, config: { type: 'string' } },
    });
    const config = loadConfig({ file: values.config ?? null, env: process.env, cwd: process.cwd() });
    // The file may be missing; a misspelt path must not pass unseen for all that.
    const wanted = values.config ?? (process.env['FIXPOINT_CONFIG'] || 'fixpoint.yaml');
    configuration = config.file ?? `defaults and environment (there is no ${wanted})`;
    folder = await playbooksFolderFault(config);
    if (folder?.refuses_start) throw new FixpointError('invalid', folder.message);
    const log = pino({
      level: config.settings.log_level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // Words, because nobody searches a log for level 30.
      formatters: { level: (level) => ({ level }) },
    });
    app = await startApp({ config, roles: rolesOf(values.roles), clock: systemClock, log, version: versionOf() });
  } catch (error) {
    process.stderr.write(`fixpoint: ${messageOf(error)}\n`);
    return isWrongUsage(error) ? 2 : 1;
  }
  process.stdout.write(`${startLine(app, configuration, folder)}\n`);
  await signalled();
  process.stdout.write('Stopping: what is under way ends first. A second signal ends it at once.\n');
  await app.stop();
  return 0;
}

/** Whoever reads our output may leave (`| head`, a log shipper that restarts): that must not end the work. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}

/** What the command line or the configuration is to blame for; node's `parseArgs` throws errors of its own. */
function isWrongUsage(error: unknown): boolean {
  if (error instanceof FixpointError) return error.code === 'invalid';
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

/** Fixpoint's own version. */
export function versionOf(): string {
  const value: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof value === 'object' && value !== null && 'version' in value ? String(value.version) : 'unknown';
}

function startLine(app: App, configuration: string, folder: FolderFault | null): string {
  const { playbooks, rules, problems } = app.catalog;
  const lines = [
    `Fixpoint on ${app.url} · ${app.description} · ${counted(playbooks.size, 'playbook')}, ${counted(rules.length, 'rule')}`,
    `Configuration: ${configuration}`,
  ];
  if (app.description.startsWith('embedded'))
    lines.push(
      'The embedded store survives a killed process, not yet a power cut; set DATABASE_URL for a Postgres that does.',
    );
  if (folder !== null)
    lines.push(
      `${folder.message}. Alerts are taken, and start nothing until playbooks are put there or FIXPOINT_PLAYBOOKS_DIR names another folder.`,
    );
  else
    for (const problem of problems) lines.push(`${problem.file}:${problem.line}:${problem.column}: ${problem.message}`);
  if (app.newToken !== null) lines.push(`Admin token (shown this once): ${app.newToken}`);
  return lines.join('\n');
}

function rolesOf(text: string | undefined): readonly WorkRole[] {
  if (text === undefined) return ROLES;
  return text.split(',').map((word) => {
    const role = ROLES.find((name) => name === word.trim());
    if (!role) throw new FixpointError('invalid', `--roles: expected some of ${ROLES.join(', ')}, got ${word}`);
    return role;
  });
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
