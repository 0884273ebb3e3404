import type { Command } from 'commander';
import {
  incidentsAck,
  incidentsAssign,
  incidentsList,
  incidentsNote,
  incidentsPriority,
  incidentsReopen,
  incidentsResolve,
  incidentsShow,
} from './incidents.js';
import type { CliIo } from './io.js';

/** Adds `fixpoint incidents …`. `talks` adds the options of a command that talks to a running Fixpoint, `ends` sets the exit code. */
export function addIncidentCommands(
  program: Command,
  io: CliIo,
  talks: (command: Command) => Command,
  ends: <Args extends unknown[]>(work: (...args: Args) => Promise<number>) => (...args: Args) => Promise<void>,
): void {
  const incidents = program.command('incidents').description('what is wrong out there, and who works at it');
  talks(incidents.command('list').description('the newest first'))
    .option('--state <state>', 'open, acknowledged or resolved')
    .option('--service <name>')
    .option('--severity <severity>')
    .option('--priority <priority>', 'P0 to P4')
    .option('--assignee <name>')
    .option('--since <when>', 'an instant, or a duration: that long ago')
    .option('--limit <n>')
    .option('--cursor <cursor>')
    .action(ends((options: object) => incidentsList(options, io)));
  talks(incidents.command('show').argument('<incident_id>').description('with its alerts, runs and timeline')).action(
    ends((incident_id: string, options: object) => incidentsShow({ incident_id, ...options }, io)),
  );
  const words = { ack: 'you work at it', resolve: 'it is over', reopen: 'it is not over' };
  const work = { ack: incidentsAck, resolve: incidentsResolve, reopen: incidentsReopen };
  for (const name of ['ack', 'resolve', 'reopen'] as const)
    talks(incidents.command(name).argument('<incident_id>').description(words[name]))
      .option('--comment <text>')
      .action(ends((incident_id: string, options: object) => work[name]({ incident_id, ...options }, io)));
  talks(incidents.command('assign').argument('<incident_id>').argument('[name]').description('who works at it'))
    .option('--nobody', 'instead of a name')
    .action(
      ends((incident_id: string, assignee: string | undefined, options: object) =>
        incidentsAssign({ incident_id, assignee, ...options }, io),
      ),
    );
  talks(
    incidents.command('note').argument('<incident_id>').argument('<text>').description('a line for the timeline'),
  ).action(
    ends((incident_id: string, text: string, options: object) => incidentsNote({ incident_id, text, ...options }, io)),
  );
  talks(incidents.command('priority').argument('<incident_id>').description('how bad it is, as you see it'))
    .requiredOption('--impact <grade>', 'high, medium or low')
    .requiredOption('--urgency <grade>', 'high, medium or low')
    .action(
      ends((incident_id: string, options: { impact: string; urgency: string }) =>
        incidentsPriority({ incident_id, ...options }, io),
      ),
    );
}
