import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import { anAlert } from '../../../../test/helper/an-alert.js';
import type { AlertAnswer } from '../../../domain/api/alert.js';
import { DropReason, HoldReason } from '../../../domain/decision/decision.js';
import type { Decision } from '../../../domain/decision/decision.js';
import { AlertQuery } from '../../../domain/api/alert.js';
import { queryText } from '../../api/client.js';
import { readParams, writeParams } from '../../kit/url-params.js';
import {
  activeCount,
  DROP_REASONS,
  FILTER_PARAMS,
  HOLD_REASONS,
  matcherProblems,
  NO_FILTER,
  queryOf,
} from './alert-filter.js';
import { curlOf, safeUrl } from './alert-json.js';
import { beginning } from './beginning.js';
import { decidedBy, runsOf } from './decision-by.js';
import { draftOf, likelyPlaybook } from './dry-run.js';
import { freshOf } from './held-head.js';
import { knownAlert } from './known-alert.js';

function answered(over: Partial<AlertAnswer> = {}): AlertAnswer {
  return { ...anAlert(), decision: null, decisions: [], ...over };
}

describe('the filters of the list of alerts', () => {
  it('know every reason that the service knows', () => {
    expect([...HOLD_REASONS]).toEqual(HoldReason.options);
    expect([...DROP_REASONS]).toEqual(DropReason.options);
  });

  it('are all understood by the service', () => {
    const every = Object.fromEntries(Object.keys(NO_FILTER).map((key) => [key, 'x']));
    const asked = { ...every, matcher: ['a="b"'], severity: 'info', status: 'firing', action: 'hold', reason: 'storm' };
    expect(AlertQuery.safeParse({ ...asked, since: '24h', until: '1h' }).error).toBeUndefined();
    expect(Object.keys(FILTER_PARAMS).toSorted()).toEqual(Object.keys(NO_FILTER).toSorted());
  });

  it('survive the way through the address, whatever the text', () => {
    const filter = { ...NO_FILTER, matcher: ['team=~"a,b|c&d"', 'x!="#"'], text: '50% & more', since: '6h' };
    const search = writeParams(FILTER_PARAMS, '', filter);
    expect(readParams(FILTER_PARAMS, search)).toEqual(filter);
    expect(activeCount(filter)).toBe(3);
  });

  it('ask nothing where nothing is set', () => {
    expect(queryText(queryOf(NO_FILTER))).toBe('');
    expect(activeCount(NO_FILTER)).toBe(0);
  });

  it('find the matcher that the service refuses, and its reason', () => {
    const message = 'matcher: matcher a=~"(": the regular expression is not RE2 syntax';
    expect(matcherProblems(['b="1"', 'a=~"("'], message)).toEqual({ 1: 'the regular expression is not RE2 syntax' });
    expect(matcherProblems(['b="1"'], 'query since: expected an instant')).toEqual({});
  });
});

describe('what is new at the head of a list', () => {
  const idOf = (id: string) => id;

  it('is counted down to what was the head', () => {
    expect(freshOf(['e', 'd', 'c', 'b'], idOf, 'c')).toBe(2);
    expect(freshOf(['c', 'b'], idOf, 'c')).toBe(0);
  });

  it('is nothing when the head is unknown or gone', () => {
    expect(freshOf(['e', 'd'], idOf, null)).toBe(0);
    expect(freshOf(['e', 'd'], idOf, 'c')).toBe(0);
    expect(freshOf([], idOf, 'c')).toBe(0);
  });
});

describe('links of an alert', () => {
  it('are followed when they lead to the web', () => {
    expect(safeUrl('https://grafana.example/d/abc?x=1')).toBe('https://grafana.example/d/abc?x=1');
    expect(safeUrl('HTTP://prom:9090/graph')).toBe('http://prom:9090/graph');
  });

  it.each([
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    '/x',
    '',
  ])('are not when they are %j', (text) => {
    expect(safeUrl(text)).toBeNull();
  });
});

describe('a decision', () => {
  it('leads to what made it', () => {
    expect(decidedBy('silence:01KX')).toEqual({ kind: 'silence', id: '01KX', href: '/silences/01KX' });
    expect(decidedBy('maintenance_window:patch-night')?.href).toBe('/silences/windows/patch-night');
    expect(decidedBy('inhibit_rule:a/b')?.href).toBe('/silences/inhibition/a%2Fb');
    expect(decidedBy('rule:R001:2')).toEqual({ kind: 'rule', id: 'R001:2', href: '/rules/R001%3A2' });
    expect(decidedBy('fingerprint:a&b')?.href).toBe('/alerts?fingerprint=a%26b');
  });

  it('leads nowhere where there is nothing more to see', () => {
    expect(decidedBy('storm')).toEqual({ kind: '', id: 'storm', href: null });
    expect(decidedBy('intake:no-dev')?.href).toBeNull();
    expect(decidedBy(null)).toBeNull();
  });

  it('names each run once', () => {
    expect(runsOf({ run_id: 'A', run_ids: ['A', 'B'] })).toEqual(['A', 'B']);
    expect(runsOf({ run_id: null, run_ids: [] })).toEqual([]);
  });
});

describe('a long text', () => {
  it('is left whole when it is short', () => {
    expect(beginning('a\nb')).toBe('a\nb');
  });

  it('is cut after some lines, and after a paragraph', () => {
    expect(beginning('x\n'.repeat(50)).split('\n')).toHaveLength(10);
    expect(beginning('x'.repeat(1_000_000))).toHaveLength(700);
  });

  it('is never cut inside of a character', () => {
    expect(beginning(`${'x'.repeat(699)}😀 and more`)).toBe('x'.repeat(699));
  });
});

describe('a dry run of an alert', () => {
  const playbooks = [
    { playbook_id: 'PB-1', name: 'One' },
    { playbook_id: 'PB-2', name: 'Two' },
  ];
  const decision: Decision = {
    ...{ action: 'run' as const, reason: null, rule_id: 'R1', playbook_id: 'PB-2', run_id: null, run_ids: [] },
    ...{ until: null, by: null, explanation: '', decided_at: '2026-11-21T10:00:02.000Z' },
  };

  it('begins with the playbook of the decision while that is loaded', () => {
    const alert = answered({ decision });
    expect(likelyPlaybook(alert, playbooks)).toBe('PB-2');
    expect(likelyPlaybook(alert, playbooks.slice(0, 1))).toBe('PB-1');
    expect(likelyPlaybook(answered(), playbooks)).toBe('');
  });

  it('sends the alert without what was said about it', () => {
    const alert = answered({ decision, incident_id: '01KI' });
    expect(Object.keys(draftOf(alert)).toSorted()).toEqual(Object.keys(anAlert()).toSorted());
  });
});

describe('an alert that a list has shown', () => {
  it('is known from any list, and from no other answer', () => {
    const client = new QueryClient();
    const [one, two, three] = [answered(), answered(), answered()];
    client.setQueryData(['/api/v1/alerts', '?limit=100', 'pages'], { pages: [{ items: [one] }, { items: [two] }] });
    client.setQueryData(['/api/v1/alerts', '?fingerprint=x'], { items: [three], next_cursor: null });
    client.setQueryData(['/api/v1/overview', ''], { items: [answered({ alert_id: 'other' })] });
    for (const alert of [one, two, three]) expect(knownAlert(client, alert.alert_id)).toBe(alert);
    expect(knownAlert(client, 'other')).toBeUndefined();
    expect(knownAlert(new QueryClient(), one.alert_id)).toBeUndefined();
  });
});

describe('the command for an alert', () => {
  it('holds no token and no text of the alert', () => {
    expect(curlOf({ alert_id: '01KAJ' }, 'https://fix.example')).toBe(
      `curl -sS -H "Authorization: Bearer $FIXPOINT_TOKEN" 'https://fix.example/api/v1/alerts/01KAJ'`,
    );
  });
});
