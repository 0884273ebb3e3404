import { describe, expect, it } from 'vitest';
import { errorOf, HttpFace } from '../../test/helper/http-face.js';
import { memorySearch } from '../../test/helper/memory-survey.js';
import { SearchAnswer } from '../domain/api/search.js';
import type { FoundAlert } from '../domain/search.js';

const face = new HttpFace();
const { get } = face;

const anAlert = (alert_id: string): FoundAlert => ({
  alert_id,
  alert_name: 'High_CPU_Usage',
  service_name: 'order-service',
  severity: 'critical',
  status: 'firing',
  received_at: '2026-11-21T09:00:00.000Z',
});

const search = async (q: string) => {
  const answer = await get(`/api/v1/search?q=${encodeURIComponent(q)}`);
  expect(answer.statusCode).toBe(200);
  return SearchAnswer.strict().parse(answer.json());
};

describe('the search', () => {
  it('finds by the beginning of an id, and asks for no words where that is certain', async () => {
    const asked: string[] = [];
    face.world.search = memorySearch({
      alertsById: async (prefix) => {
        asked.push(prefix);
        return [anAlert('01KAJ0000000000000000000A1')];
      },
      alerts: async () => {
        throw new Error('nobody asked for words');
      },
    });
    await face.open(face.world.deps());
    const { items } = await search(' 01kaj0000000 ');

    expect(asked).toEqual(['01kaj0000000']);
    expect(items).toEqual([
      {
        type: 'alert',
        id: '01KAJ0000000000000000000A1',
        title: 'High_CPU_Usage',
        detail: 'order-service',
        at: '2026-11-21T09:00:00.000Z',
        severity: 'critical',
        state: 'firing',
      },
    ]);
  });

  it('finds by a word, each thing once, and says when there is more', async () => {
    face.world.search = memorySearch({
      alertsById: async () => [anAlert('A1')],
      alerts: async (text, limit) => ({
        items: Array.from({ length: limit }, (_, index) => anAlert(`A${index}`)),
        complete: text === 'order',
      }),
    });
    await face.open(face.world.deps());
    const { items, complete, more } = await search('dns');

    expect(items.map(({ id }) => id)).toEqual(['A1', 'A0', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7', 'A8', 'A9']);
    expect([complete, more]).toEqual([false, ['alert']]);
  });

  it('finds more of one type for who asks for it, and nothing else then', async () => {
    face.world.rules = [{ rule_id: 'R1', alert_name: 'dns', playbook_id: 'PB-1' }];
    face.world.search = memorySearch({
      alerts: async (_text, limit) => ({
        items: Array.from({ length: limit }, (_, index) => anAlert(`A${index}`)),
        complete: false,
      }),
      runs: async () => {
        throw new Error('nobody asked for runs');
      },
    });
    await face.open(face.world.deps());
    const { items } = SearchAnswer.parse((await get('/api/v1/search?q=dns&type=alert&limit=40')).json());

    expect([...new Set(items.map(({ type }) => type))]).toEqual(['alert']);
    expect(items).toHaveLength(40);
    for (const wrong of ['limit=0', 'limit=101', 'limit=x', 'type=token'])
      expect((await get(`/api/v1/search?q=dns&${wrong}`)).statusCode).toBe(400);
  });

  it('tells how bad an incident is, and how it stands', async () => {
    face.world.search = memorySearch({
      incidents: async () => ({
        items: [
          {
            incident_id: 'I1',
            alert_name: 'Down',
            service_names: ['shop', 'pay'],
            state: 'acknowledged',
            priority: 'P1',
            opened_at: '2026-11-21T09:00:00.000Z',
          },
        ],
        complete: true,
      }),
    });
    await face.open(face.world.deps());

    expect((await search('down')).items).toMatchObject([
      { type: 'incident', detail: 'shop, pay', priority: 'P1', state: 'acknowledged' },
    ]);
  });

  it('finds rules by id, alert, playbook and description, those that begin so first', async () => {
    face.world.rules = [
      { rule_id: 'R9', alert_name: 'Disk', playbook_id: 'PB-R1-Like' },
      { rule_id: 'R1', alert_name: ['Latency', 'Errors'], playbook_id: 'PB-1', description: 'the first' },
      { rule_id: 'X', alert_name: 'Nothing', playbook_id: 'PB-2' },
    ];
    await face.open(face.world.deps());

    expect((await search('r1')).items.map(({ id }) => id)).toEqual(['R1', 'R9']);
    expect((await search('ERRORS')).items).toMatchObject([{ type: 'rule', id: 'R1', detail: 'PB-1 · the first' }]);
    expect((await search('nowhere')).items).toEqual([]);
  });

  it('takes any text for what it is', async () => {
    expect(await search('%_\\\'";--<b>')).toEqual({ items: [], more: [], complete: true });
  });

  it.each(['', '%20', `${'x'.repeat(201)}`, 'a%00b'])('refuses what cannot be looked for: %s', async (q) => {
    const answer = await get(`/api/v1/search?q=${q}`);

    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).details[0]?.path).toBe('q');
  });
});
