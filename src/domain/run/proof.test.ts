import { describe, expect, it } from 'vitest';
import { anAlert } from '../../../test/helper/an-alert.js';
import type { AskCondition, ConditionSource } from './proof.js';
import { firstAsker } from './proof.js';

describe('the condition of an alert', () => {
  const ask: AskCondition = () => Promise.resolve({ type: 'holds', evidence: {} });
  const zabbix: ConditionSource = { asker: (alert) => (alert.source_system === 'zabbix' ? ask : null) };
  const silent: ConditionSource = { asker: () => null };

  it('is asked at the first source that can ask for it', () => {
    expect(firstAsker([silent, zabbix], anAlert({ source_system: 'zabbix' }))).toBe(ask);
  });

  it('is not asked where no source can', () => {
    expect(firstAsker([silent, zabbix], anAlert({ source_system: 'alertmanager' }))).toBeNull();
    expect(firstAsker([], anAlert())).toBeNull();
  });
});
