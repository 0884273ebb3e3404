import { describe, expect, it } from 'vitest';
import { convertAlertmanager } from './alertmanager-file.js';
import { loadFile } from './load-file.js';

/** What is in force when the converted file is loaded as it was written. */
function loaded(text: string) {
  const converted = convertAlertmanager('alertmanager.yml', text);
  const file = loadFile('suppressions.yaml', converted.text ?? '', new Map());
  expect(file.problems).toEqual([]);
  if (file.good?.type !== 'suppressions') throw new Error('what was made of it is no suppressions file');
  return { ...file.good.content, remarks: converted.remarks.map(({ line, message }) => `${line}: ${message}`) };
}

describe('an Alertmanager’s configuration', () => {
  it('gives its inhibition rules, in the new syntax and the old one', () => {
    const { inhibit_rules, remarks } = loaded(`
inhibit_rules:
  - source_matchers: ['severity="critical"']
    target_matchers: ['severity=~"warning|info"', team != ops]
    equal: [alertname, cluster]
  - source_match: {alertname: ClusterDown}
    target_match_re: {severity: warn.*}
  - name: several
    source_matchers: ['{a="x,y", b=~"\\\\d+"}']
    target_matchers: [c="z"]
`);

    expect(remarks).toEqual([]);
    expect(inhibit_rules).toMatchObject([
      {
        inhibit_rule_id: 'inhibit-1',
        source_matchers: ['severity="critical"'],
        target_matchers: ['severity=~"warning|info"', 'team!="ops"'],
        equal: ['alertname', 'cluster'],
      },
      { source_matchers: ['alertname="ClusterDown"'], target_matchers: ['severity=~"warn.*"'], equal: [] },
      { inhibit_rule_id: 'several', source_matchers: ['a="x,y"', 'b=~"\\\\d+"'], target_matchers: ['c="z"'] },
    ]);
  });

  it('gives a maintenance window for each route that is muted at times, with the matchers on the way to it', () => {
    const { windows, remarks } = loaded(`
route:
  receiver: all
  routes:
    - matchers: [team="db"]
      receiver: dba
      routes:
        - matchers: [env="test"]
          mute_time_intervals: [night, weekend]
    - matchers: [team="web"]
      receiver: web
      active_time_intervals: [office]
time_intervals:
  - name: night
    time_intervals:
      - times: [{start_time: '22:00', end_time: '24:00'}]
        location: Europe/Berlin
  - name: office
    time_intervals:
      - weekdays: ['monday:friday']
mute_time_intervals:
  - name: weekend
    time_intervals:
      - weekdays: [saturday, sunday]
`);

    expect(remarks).toEqual([]);
    expect(windows).toMatchObject([
      {
        window_id: 'mute-1-dba',
        matchers: ['team="db"', 'env="test"'],
        schedule: { type: 'time_intervals', outside: false, time_intervals: [{ location: 'Europe/Berlin' }, {}] },
      },
      // What the route before it takes does not come here.
      { window_id: 'mute-2-web', matchers: ['team!="db"', 'team="web"'], schedule: { outside: true } },
    ]);
  });

  it('leaves out of a muted route what its own children take, which are not muted', () => {
    const { windows } = loaded(`
route:
  routes:
    - matchers: [team="db"]
      receiver: dba
      mute_time_intervals: [always]
      routes:
        - matchers: [severity="critical"]
          receiver: pager
time_intervals: [{name: always, time_intervals: [{}]}]
`);

    expect(windows).toMatchObject([{ matchers: ['team="db"', 'severity!="critical"'] }]);
  });

  it('says with its place what it could not take, and takes the rest', () => {
    const { windows, inhibit_rules, remarks } = loaded(`
inhibit_rules:
  - source_matchers: ['a=~"("']
    target_matchers: [b="c"]
  - source_matchers: [a="b"]
    target_matchers: []
  - source_matchers: [a="b"]
    target_matchers: [c="d"]
route:
  routes:
    - matchers: [a="b", c="d"]
    - matchers: [e="f"]
      receiver: second
      mute_time_intervals: [wrong, gone]
    - receiver: third
    - matchers: [g="h"]
      mute_time_intervals: [unused]
time_intervals:
  - name: wrong
    time_intervals:
      - weekdays: [someday]
  - name: unused
    time_intervals: [{}]
`);

    expect(inhibit_rules).toHaveLength(1);
    expect(windows).toEqual([]);
    expect(remarks.join('\n')).toMatch(/^3: not taken: .*not RE2/m);
    expect(remarks.join('\n')).toMatch(/^5: a rule without target matchers is not taken/m);
    expect(remarks.join('\n')).toMatch(/^21: this time interval is not taken: expected weekdays/m);
    expect(remarks.join('\n')).toMatch(/^12: what another route takes instead \(a="b" c="d"\)/m);
    expect(remarks.join('\n')).toMatch(/^12: there is no usable time interval wrong/m);
    expect(remarks.join('\n')).toMatch(/^16: this route is not taken: the route to third takes everything/m);
    expect(remarks.join('\n')).toMatch(/no route uses the time interval unused/);
  });

  it('says where a file is no YAML', () => {
    const converted = convertAlertmanager('alertmanager.yml', 'route:\n\t- x');

    expect(converted.text).toBeNull();
    expect(converted.remarks[0]).toMatchObject({ file: 'alertmanager.yml', line: 2 });
  });
});
