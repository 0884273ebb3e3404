import type { Command } from 'commander';
import type { CliIo } from './io.js';
import { silencesCreate, silencesExpire, silencesList } from './silences.js';

type Work<Args extends unknown[]> = (...args: Args) => Promise<number>;

/** Adds `fixpoint silences …`, with amtool's words beside ours. */
export function addSilenceCommands(
  program: Command,
  io: CliIo,
  talks: (command: Command) => Command,
  ends: <Args extends unknown[]>(work: Work<Args>) => (...args: Args) => Promise<void>,
): void {
  const silences = program.command('silences').alias('silence').description('what is held back for a while, and why');
  talks(
    silences.command('list').alias('query').description('what is silenced, here and in the configured Alertmanager'),
  )
    .option('--expired', 'those that have ended too')
    .option('--limit <n>')
    .option('--cursor <cursor>')
    .action(ends((options: object) => silencesList(options, io)));
  talks(
    silences
      .command('create')
      .alias('add')
      .argument('<matcher...>', 'service=checkout, severity=~"warning|info"; a word alone is an alert’s name')
      .description('holds back the alerts that all matchers match'),
  )
    .option('-d, --duration <duration>', 'how long; default 1h')
    .option('--start <when>', 'an instant, or a duration from now')
    .option('--end <when>', 'instead of --duration')
    .option('-a, --author <name>', 'default: the token’s name')
    .option('-c, --comment <text>', 'why')
    .option('--replace <silence_id>', 'the silence whose place it takes')
    .option('--dry-run', 'only show which alerts that fire now it would hold')
    .action(ends((matchers: string[], options: object) => silencesCreate({ matchers, ...options }, io)));
  talks(silences.command('expire').argument('<silence_id...>').description('ends silences now')).action(
    ends((silence_ids: string[], options: object) => silencesExpire({ silence_ids, ...options }, io)),
  );
}
