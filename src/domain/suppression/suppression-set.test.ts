import { describe, expect, it } from 'vitest';
import { anAlert } from '../../../test/helper/an-alert.js';
import type { Alert } from '../alert/alert.js';
import type { FiringSources } from './inhibition.js';
import type { InhibitRule, MaintenanceWindow, Silence } from './suppression.js';
import { matchEverything, writeMatcher } from './suppression.js';
import { parseMatcher } from '../alert/label.js';
import { matchingAlerts, SuppressionSet } from './suppression-set.js';

const NOW = '2026-11-21T10:00:00.000Z';
const NOTHING_FIRES: FiringSources = { sources: () => [] };

function aSilence(matchers: string[], over: Partial<Silence> = {}): Silence {
  return {
    silence_id: 'S1',
    matchers,
    starts_at: '2026-11-21T09:00:00.000Z',
    ends_at: '2026-11-21T11:00:00.000Z',
    created_by: 'ann',
    comment: 'deploying',
    created_at: '2026-11-21T09:00:00.000Z',
    updated_at: '2026-11-21T09:00:00.000Z',
    ended_by: null,
    replaces: null,
    origin: 'api',
    ...over,
  };
}

function aWindow(over: Partial<MaintenanceWindow> = {}): MaintenanceWindow {
  return {
    window_id: 'W1',
    matchers: [],
    schedule: { type: 'once', starts_at: '2026-11-21T09:00:00.000Z', ends_at: '2026-11-21T12:00:00.000Z' },
    hold: true,
    freeze: false,
    created_by: 'bob',
    comment: '',
    created_at: null,
    expires_at: null,
    ended_by: null,
    origin: 'file',
    ...over,
  };
}

function aSet(content: Partial<SuppressionSet['content']>): SuppressionSet {
  return new SuppressionSet({ silences: [], windows: [], inhibit_rules: [], ...content });
}

const labelled = (labels: Record<string, string>, over: Partial<Alert> = {}): Alert => anAlert({ labels, ...over });

describe('a silence', () => {
  it('matches whole values; a label that is missing is empty', () => {
    const holds = (matchers: string[], labels: Record<string, string>): boolean =>
      aSet({ silences: [aSilence(matchers)] }).silenced(labelled(labels), NOW) !== null;

    expect(holds(['env=~"prod|stage"'], { env: 'prod' })).toBe(true);
    expect(holds(['env=~"prod"'], { env: 'production' })).toBe(false);
    expect(holds(['env!~"prod.*"', 'a="b"'], { env: 'production', a: 'b' })).toBe(false);
    expect(holds(['env!="prod"', 'a="b"'], { a: 'b' })).toBe(true);
    expect(holds(['env=""', 'a="b"'], { a: 'b' })).toBe(true);
    expect(holds(['env=~".+"', 'a="b"'], { a: 'b' })).toBe(false);
    expect(holds(['a="b"', 'c="d"'], { a: 'b' })).toBe(false);
    expect(holds(['constructor=~".+"'], {})).toBe(false);
  });

  it('knows the fields that every alert has where there is no such label', () => {
    const holds = (matcher: string, alert: Alert): boolean =>
      aSet({ silences: [aSilence([matcher])] }).silenced(alert, NOW) !== null;
    const alert = labelled({}, { alert_name: 'Disk', severity: 'info', service_name: 'db', source_system: 'zabbix' });

    expect(holds('alertname="Disk"', alert)).toBe(true);
    expect(holds('severity="info"', alert)).toBe(true);
    expect(holds('service_name=~"d."', alert)).toBe(true);
    expect(holds('source_system="zabbix"', alert)).toBe(true);
    // A label is what it says, whatever Fixpoint made of it.
    expect(holds('severity="info"', { ...alert, labels: { severity: 'page' } })).toBe(false);
  });

  it('is in force from its beginning up to its end', () => {
    const set = aSet({ silences: [aSilence(['a="b"'])] });
    const alert = labelled({ a: 'b' });

    expect(set.silenced(alert, '2026-11-21T08:59:59.999Z')).toBeNull();
    expect(set.silenced(alert, '2026-11-21T09:00:00.000Z')).toMatchObject({ until: '2026-11-21T11:00:00.000Z' });
    expect(set.silenced(alert, '2026-11-21T11:00:00.000Z')).toBeNull();
  });

  it('holds for as long as the longest of several, and says by whom and why', () => {
    const longer = aSilence(['a=~"b+"'], { silence_id: 'S2', ends_at: '2026-11-21T15:00:00.000Z', created_by: 'eve' });
    const held = aSet({ silences: [aSilence(['a="b"']), longer] }).silenced(labelled({ a: 'b' }), NOW);

    expect(held).toMatchObject({ reason: 'silence', by: 'silence:S2', until: '2026-11-21T15:00:00.000Z' });
    expect(held?.explanation).toBe('silence S2 of eve holds it until 2026-11-21T15:00:00.000Z: deploying, and 1 more');
  });

  it('of Alertmanager holds what came from Alertmanager only', () => {
    const set = aSet({ silences: [aSilence(['a="b"'], { origin: 'alertmanager' })] });

    expect(set.silenced(labelled({ a: 'b' }), NOW)?.held_by).toBe('alertmanager:S1');
    expect(set.silenced(labelled({ a: 'b' }, { source_system: 'zabbix' }), NOW)).toBeNull();
  });

  it('is not looked at where it cannot match, however many there are', () => {
    const silences = Array.from({ length: 5_000 }, (_, n) =>
      aSilence([`host="h${n}"`, 'env=~"prod|stage"'], { silence_id: `S${n}` }),
    );
    const set = aSet({ silences });
    let asked = 0;
    const labels = new Proxy<Record<string, string>>(
      { host: 'h4999', env: 'prod' },
      {
        get: (target, name: string) => {
          asked += 1;
          return target[name];
        },
      },
    );

    expect(set.silenced(labelled(labels), NOW)?.by).toBe('silence:S4999');
    expect(asked).toBeLessThan(50);
  });
});

describe('a maintenance window', () => {
  it('without matchers holds every alert', () => {
    const held = aSet({ windows: [aWindow()] }).inWindow(labelled({}), NOW);

    expect(held).toMatchObject({
      reason: 'maintenance_window',
      until: '2026-11-21T12:00:00.000Z',
      held_by: 'window:W1',
    });
  });

  it('ends when it expires', () => {
    const set = aSet({ windows: [aWindow({ expires_at: '2026-11-21T10:30:00.000Z' })] });

    expect(set.inWindow(labelled({}), NOW)?.until).toBe('2026-11-21T10:30:00.000Z');
    expect(set.inWindow(labelled({}), '2026-11-21T10:30:00.000Z')).toBeNull();
  });

  it('that only freezes holds nothing, and freezes the runs of any alert that it matches', () => {
    const set = aSet({ windows: [aWindow({ hold: false, freeze: true, matchers: ['team="web"'], comment: 'sale' })] });
    const [web, db] = [labelled({ team: 'web' }), labelled({ team: 'db' })];

    expect(set.isEmpty).toBe(true);
    expect(set.inWindow(web, NOW)).toBeNull();
    expect(set.frozen([db], Date.parse(NOW))).toBeNull();
    expect(set.frozen([db, web], Date.parse(NOW))).toEqual({
      window_id: 'W1',
      until: '2026-11-21T12:00:00.000Z',
      message: 'writes are frozen by maintenance window W1 of bob until 2026-11-21T12:00:00.000Z: sale',
    });
    expect(set.frozen([web], Date.parse('2026-11-21T12:00:00.000Z'))).toBeNull();
  });
});

describe('an inhibition rule', () => {
  const rule: InhibitRule = {
    inhibit_rule_id: 'I1',
    source_matchers: ['severity="critical"'],
    target_matchers: ['severity=~"critical|warning"'],
    equal: ['cluster'],
    created_by: 'rules',
    comment: '',
    created_at: null,
    expires_at: null,
    ended_by: null,
    origin: 'file',
  };
  const set = aSet({ inhibit_rules: [rule] });
  const rules = set.inhibition!;

  /** What fires: alerts by their keys. */
  function firing(alerts: Record<string, Alert>): FiringSources {
    return {
      sources: (slot, one_sided) =>
        Object.entries(alerts).flatMap(([key, alert]) =>
          rules
            .slots(alert)
            .filter((each) => each.slot === slot && (!one_sided || !each.two_sided))
            .map(() => ({ key, alert_id: alert.alert_id, alert_name: alert.alert_name })),
        ),
    };
  }
  const alert = (severity: string, cluster?: string): Alert =>
    labelled({ severity, ...(cluster === undefined ? {} : { cluster }) });

  it('holds a target while a source fires with the same labels', () => {
    const sources = firing({ source: alert('critical', 'a') });

    expect(set.inhibited(alert('warning', 'a'), 'target', sources, NOW)).toMatchObject({
      reason: 'inhibition',
      until: null,
      by: 'inhibit_rule:I1',
    });
    expect(set.inhibited(alert('warning', 'b'), 'target', sources, NOW)).toBeNull();
    expect(set.inhibited(alert('info', 'a'), 'target', sources, NOW)).toBeNull();
    expect(set.inhibited(alert('warning', 'a'), 'target', NOTHING_FIRES, NOW)).toBeNull();
  });

  it('takes a missing label and an empty one for the same', () => {
    const sources = firing({ source: alert('critical', '') });

    expect(set.inhibited(alert('warning'), 'target', sources, NOW)).not.toBeNull();
  });

  it('lets alerts that match both sides not hold themselves, nor one another', () => {
    const sources = firing({ one: alert('critical', 'a'), other: alert('critical', 'a') });

    expect(set.inhibited(alert('critical', 'a'), 'one', sources, NOW)).toBeNull();
    expect(set.inhibited(alert('critical', 'a'), 'third', sources, NOW)).toBeNull();
    expect(set.inhibited(alert('warning', 'a'), 'third', sources, NOW)).not.toBeNull();
  });

  it('counts no more when it has expired', () => {
    const expiring = aSet({ inhibit_rules: [{ ...rule, expires_at: '2026-11-21T10:30:00.000Z' }] });
    const sources = firing({ source: alert('critical', 'a') });

    expect(expiring.inhibited(alert('warning', 'a'), 'target', sources, NOW)?.until).toBe('2026-11-21T10:30:00.000Z');
    expect(expiring.inhibited(alert('warning', 'a'), 'target', sources, '2026-11-21T10:30:00.000Z')).toBeNull();
  });
});

describe('matchers', () => {
  it.each([
    ['plain', 'a b'],
    ['with space', 'quote " and \\ and \n'],
    ['k8s.io/name', ''],
  ])('are written so that %s is read as it was', (name, value) => {
    expect(parseMatcher(writeMatcher(name, '=', value))).toMatchObject({ name, operator: '=', value });
  });

  it('that hold for an alert without labels hold everything', () => {
    expect(matchEverything(['a!="b"', 'c=~".*"'])).toBe(true);
    expect(matchEverything(['a!="b"', 'c=~".+"'])).toBe(false);
  });

  it('choose alerts as a silence would', () => {
    const matches = matchingAlerts(['alertname=~"Ser.*"']);
    expect([anAlert(), anAlert({ alert_name: 'X', labels: {} })].map(matches)).toEqual([true, false]);
  });
});
