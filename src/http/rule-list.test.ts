import { describe, expect, it } from 'vitest';
import { errorOf, HttpFace } from '../../test/helper/http-face.js';
import { pageOf } from '../domain/api/page.js';
import { RuleItem } from '../domain/api/rule.js';
import { createRuleOrder, filterRules } from './rule-list.js';

const face = new HttpFace();
const ids = async (query: string): Promise<string[]> =>
  pageOf(RuleItem.strict())
    .parse((await face.get(`/api/v1/rules${query}`)).json())
    .items.map(({ place, rule_id }) => `${place} ${rule_id}`);

describe('the list of rules', () => {
  it.each([
    ['', ['1 R3', '2 R1', '3 R2']],
    ['?rule_id=R2', ['3 R2']],
    ['?rule_id=R', []],
    ['?playbook_id=PB-1', ['1 R3', '2 R1']],
    ['?playbook_id=PB-1&text=DISK', ['2 R1']],
    ['?text=pb-2', ['3 R2']],
    ['?text=pay', ['3 R2']],
    ['?text=nothing', []],
  ])('%s is told with the place of each among all', async (query, expected) => {
    face.world.rules = [
      { rule_id: 'R1', playbook_id: 'PB-1', alert_name: ['DiskFull', 'InodesFull'] },
      { rule_id: 'R2', playbook_id: 'PB-2', service_name: '/pay.*/' },
      { rule_id: 'R3', playbook_id: 'PB-1', priority: 10, description: 'the last resort' },
    ];
    expect(await ids(query)).toEqual(expected);
  });

  it('is paged within what was asked for', async () => {
    face.world.rules = Array.from({ length: 9 }, (_, n) => ({ rule_id: `R${n}`, playbook_id: `PB-${n % 2}` }));
    const first = (await face.get('/api/v1/rules?playbook_id=PB-0&limit=3')).json();

    expect(await ids(`?playbook_id=PB-0&limit=3&cursor=${first.next_cursor}`)).toEqual(['7 R6', '9 R8']);
  });

  it('refuses a filter that it does not know', async () => {
    const answer = await face.get('/api/v1/rules?ruleid=R1');
    expect(answer.statusCode).toBe(400);
    expect(errorOf(answer).message).toContain('ruleid');
  });

  it('is put in order once for each set of rules', () => {
    const inOrder = createRuleOrder();
    const rules = [{ rule_id: 'R1', playbook_id: 'PB-1' }];

    expect(inOrder(rules)).toBe(inOrder(rules));
    expect(filterRules(inOrder([...rules]), {})).toEqual([{ rule: rules[0], place: 1 }]);
  });
});
