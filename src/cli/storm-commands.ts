import type { Command } from 'commander';
import type { CliIo } from './io.js';
import { stormsEnd, stormsList } from './storms.js';

type Work<Args extends unknown[]> = (...args: Args) => Promise<number>;

/** Adds `fixpoint storms …`. */
export function addStormCommands(
  program: Command,
  io: CliIo,
  talks: (command: Command) => Command,
  ends: <Args extends unknown[]>(work: Work<Args>) => (...args: Args) => Promise<void>,
): void {
  const storms = program.command('storms').alias('storm').description('far too much at once, and its end by hand');
  talks(storms.command('list').description('the storms that there are now, and those that people keep off')).action(
    ends((options: object) => stormsList(options, io)),
  );
  talks(storms.command('end').description('ends storms now; for a while none of them begins again'))
    .option('--service <name>', 'that of one service; without it every storm that there is')
    .option('--overall', 'only that of all services together')
    .option('--for <duration>', 'how long it begins no more; default 15m, at most 24h')
    .option('--reason <text>', 'why')
    .action(ends((options: object) => stormsEnd(options, io)));
}
