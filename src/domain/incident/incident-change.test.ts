import { describe, expect, it } from 'vitest';
import { createConnections } from './incident-connections.js';
import { addService, newRecord, titleOf } from './incident-change.js';
import { IncidentsConfig } from './incident-rules.js';

describe('an incident over an alert with a long name', () => {
  it('keeps no half of a character, which no store takes in a row of JSON', () => {
    const alert_name = `${'x'.repeat(299)}😀`;
    const rules = { config: IncidentsConfig.parse({}), connected: createConnections({}, 1), compose: null };
    const service_name = `${'y'.repeat(299)}😀`;

    const record = newRecord(
      '1',
      { alert_name, severity: 'critical', service_name },
      '2026-01-05T10:00:00.000Z',
      rules,
    );
    addService(record, service_name);

    expect(record.alert_name).toBe(`${'x'.repeat(299)}…`);
    expect(record.service_names).toEqual([`${'y'.repeat(299)}…`]);
    const on = { ...record, alert_name: 'x'.repeat(293), service_names: ['a😀😀'] };
    expect(titleOf(on)).toBe(`${'x'.repeat(293)} on a…`);
  });
});
