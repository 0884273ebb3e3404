import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { ok, World } from '../../test/helper/schedule-world.js';
import type { IncidentBrief } from '../domain/incident/incident.js';

const INCIDENT: IncidentBrief = {
  incident_id: 'incident-1',
  title: 'Slow on web',
  state: 'open',
  priority: 'P2',
  severity: 'critical',
  service_names: ['web'],
};

const PAGE = { id: 'page', type: 'note', parameters: { text: '{{ incident.priority }} {{ incident.title }}' } };

describe('a playbook that names its incident', () => {
  let world: World;
  let asked = 0;
  let incident: IncidentBrief | null;

  beforeEach(() => {
    asked = 0;
    incident = INCIDENT;
    world = new World().kind('note', 'read', () => ok({ done: true }));
    world.incident = async () => {
      asked += 1;
      return incident;
    };
  });
  afterEach(() => world.stop());

  it('sees it in its very first step, and in later ones as it is by then', async () => {
    world.kind('change', 'read', () => {
      incident = { ...INCIDENT, priority: 'P0' };
      return ok();
    });
    const scheduler = await world.scheduler();
    const run_id = await world.begin(
      scheduler,
      [PAGE, { id: 'worse', type: 'change', depends_on: ['page'] }, { ...PAGE, id: 'again', depends_on: ['worse'] }],
      {},
      { alert: anAlert() },
    );
    await world.clock.advance(10);
    expect(world.memory.run(run_id).state).toBe('succeeded');
    expect(world.calls.filter((call) => call.step_id !== 'worse').map((call) => call.input)).toEqual([
      { text: 'P2 Slow on web' },
      { text: 'P0 Slow on web' },
    ]);
  });

  it('finds null where there is none: a condition is false then, and says why', async () => {
    incident = null;
    const scheduler = await world.scheduler();
    const tasks = [{ id: 'page', type: 'note', conditions: ["{{ incident.priority == 'P0' }}"] }];
    const run_id = await world.begin(scheduler, tasks, {}, { alert: anAlert() });
    await world.clock.advance(10);
    const step = world.memory.run(run_id).steps['page'];
    expect(step).toMatchObject({ state: 'skipped', reason: 'condition' });
    expect(step?.conditions[0]?.explanation).toMatch(/incident/);
    const maybe = [{ id: 'page', type: 'note', conditions: ['{{ incident == null }}'] }];
    const other = await world.begin(scheduler, maybe, {}, { alert: anAlert() });
    await world.clock.advance(10);
    expect(world.states(other)).toEqual({ page: 'succeeded' });
  });

  it('waits while the store cannot tell, and begins when it can', async () => {
    let failures = 2;
    world.incident = () =>
      (failures -= 1) < 0 ? Promise.resolve(INCIDENT) : Promise.reject(new Error('the database is away'));
    const scheduler = await world.scheduler();
    const run_id = await world.begin(scheduler, [PAGE], {}, { alert: anAlert() });
    expect(world.states(run_id)).toEqual({});
    await world.clock.advance(5_000);
    expect(world.states(run_id)).toEqual({ page: 'succeeded' });
  });

  it('goes on with it in another worker after a crash', async () => {
    const scheduler = await world.scheduler('w', '1');
    const run_id = await world.begin(scheduler, [PAGE], {}, { alert: anAlert() }, { go: false });
    expect(asked).toBe(0);
    await world.scheduler('w', '2');
    await world.clock.advance(2_000);
    expect(world.states(run_id)).toEqual({ page: 'succeeded' });
  });

  it('is the only one for which anybody asks', async () => {
    const scheduler = await world.scheduler();
    const tasks = [{ id: 'look', type: 'note', parameters: { text: 'the incident of {{ alert.alert_name }}_' } }];
    const plain = [{ id: 'look', type: 'note', parameters: { text: '{{ alert.alert_name }}' } }];
    await world.begin(scheduler, plain, {}, { alert: anAlert() });
    await world.clock.advance(10);
    expect(asked).toBe(0);
    // A run without an alert has none either.
    const by_hand = await world.begin(scheduler, tasks, {}, { alert: null });
    await world.clock.advance(10);
    expect([asked, world.memory.run(by_hand).state]).toEqual([0, 'failed']);
  });
});
