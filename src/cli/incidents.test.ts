import { beforeEach, describe, expect, it } from 'vitest';
import { CliFace } from '../../test/helper/cli-face.js';
import type { FakeTerminal } from '../../test/helper/cli-io.js';
import { anIncident } from '../../test/helper/an-incident.js';
import type { HttpWorld } from '../../test/helper/http-deps.js';
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

const face = new CliFace();
let world: HttpWorld;
let terminal: FakeTerminal;
let url: string;

beforeEach(() => {
  ({ world, terminal, url } = face);
  world.incidents.push(anIncident());
});

describe('fixpoint incidents', () => {
  it('lists them with what runs out, and hands the filters on', async () => {
    const code = await incidentsList({ url, state: 'open', priority: 'P1', since: '24h' }, terminal.io());
    expect([code, terminal.errors]).toEqual([0, []]);
    expect(terminal.lines[1]).toContain('incident-1');
    expect(terminal.lines[1]).toContain('acknowledge by 2026-11-21T10:15');
    expect(world.asked.at(-1)?.with).toMatchObject({
      filter: { state: 'open', priority: 'P1', since: '2026-11-20T10:00:00.000Z' },
    });
  });

  it('shows one with its alerts, runs and timeline, free of what a terminal would obey', async () => {
    world.incidents[0] = anIncident({ title: 'Slow \u001b[2J' });
    expect(await incidentsShow({ url, incident_id: 'incident-1' }, terminal.io())).toBe(0);
    expect(terminal.text).not.toContain('\u001b');
    for (const part of ['P1 (impact medium, urgency high)', 'Slow on web', 'PB-1', 'looking at it', 'alert-1'])
      expect(terminal.text).toContain(part);
  });

  it('tells it what its commands say', async () => {
    const one = { url, incident_id: 'incident-1' };
    const io = terminal.io();
    const codes = [
      await incidentsAck({ ...one, comment: 'mine' }, io),
      await incidentsResolve(one, io),
      await incidentsReopen(one, io),
      await incidentsAssign({ ...one, assignee: 'bob' }, io),
      await incidentsAssign({ ...one, nobody: true }, io),
      await incidentsNote({ ...one, text: 'a note' }, io),
      await incidentsPriority({ ...one, impact: 'high', urgency: 'low' }, io),
    ];
    expect([codes.every((code) => code === 0), terminal.errors]).toEqual([true, []]);
    const by = 'admin';
    expect(world.asked.filter(({ what }) => what === 'act incident-1').map((asked) => asked.with)).toEqual([
      { type: 'acknowledge', by, comment: 'mine' },
      { type: 'resolve', by, comment: null },
      { type: 'reopen', by, comment: null },
      { type: 'assign', by, assignee: 'bob' },
      { type: 'assign', by, assignee: null },
      { type: 'note', by, text: 'a note' },
      { type: 'priority', by, impact: 'high', urgency: 'low' },
    ]);
    expect(world.auditEntries.map((entry) => entry.what)).toContain('incident.priority');
    expect(terminal.lines[0]).toBe('P1 Slow on web: open');
  });

  it('refuses to assign to a name and to nobody, or to neither', async () => {
    const one = { url, incident_id: 'incident-1' };
    expect(await incidentsAssign({ ...one, assignee: 'bob', nobody: true }, terminal.io())).toBe(2);
    expect(await incidentsAssign(one, terminal.io())).toBe(2);
  });

  it('says that there is no such incident', async () => {
    expect(await incidentsShow({ url, incident_id: 'nothing' }, terminal.io())).toBe(1);
    expect(terminal.errors.join()).toContain('there is no incident nothing');
  });
});
