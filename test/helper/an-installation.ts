import { createHash } from 'node:crypto';
import type { RunEvent } from '../../src/domain/run/run.js';
import type { Store } from '../../src/domain/store.js';
import { fold } from '../../src/domain/run/transition.js';
import { incidentRules } from './incident-world.js';
import {
  aBatch,
  aDecision,
  aFreshAlert,
  aNewRun,
  anOccurrence,
  aStart,
  AT,
  finish,
  ids,
  PLAYBOOK,
} from './store-world.js';

const ALL = { limit: 200, cursor: null };

/** Something of everything that an installation keeps, with what is hard to carry: bytes, NUL in documents, quotes, line breaks, nulls. */
export async function fillInstallation(store: Store): Promise<void> {
  const hard = '支付 "x" \\ \t\n\u2028 {} ,null é';
  await store.playbooks.record(
    [
      {
        ...PLAYBOOK,
        source: `a: |\n  ${hard}\n`,
        playbook: { ...PLAYBOOK.playbook, description: 'NUL \u0000 and \ud800' },
      },
    ],
    AT,
  );
  await store.tokens.add({ token_id: ids.next(), name: hard, role: 'admin', created_at: AT, hash: 'the hash' });
  await store.pause.set({ paused: true, by: hard, reason: null, at: AT });
  await store.audit.add({
    audit_id: ids.next(),
    at: AT,
    who: hard,
    what: 'x',
    target: null,
    details: { nul: '\u0000', list: [1.5, null, true] },
  });
  for (const body of [Uint8Array.from({ length: 256 }, (_, byte) => byte), new Uint8Array(3 * 1024 * 1024).fill(10)])
    await store.deadLetters.add({
      source: 'zabbix',
      received_at: AT,
      reason: hard,
      details: [{ path: 'a', message: '\u0000' }],
      body,
    });
  await fillAlerts(store, hard);
  await fillRuns(store, hard);
  await store.incidents.follow(incidentRules(), AT);
  const [incident] = (await store.incidents.list({}, ALL, AT)).items;
  const note = { type: 'note', by: hard, text: hard } as const;
  await store.incidents.act(incident?.incident_id ?? '', note, incidentRules(), AT);
}

async function fillAlerts(store: Store, hard: string): Promise<void> {
  const alerts = Array.from({ length: 39 }, () => aFreshAlert({ labels: { hard }, metric_value: 1e-7 }));
  await store.triage.commit(
    aBatch({
      alerts: alerts.map((alert) => ({ alert, decision: aDecision() })),
      occurrences: alerts.map((alert, index) => ({
        occurrence: anOccurrence(
          alert,
          index % 2 === 0 ? {} : { open: false, resolved_at: '2026-11-21T10:00:00.123Z' },
        ),
        expected: 0,
      })),
    }),
  );
  await store.triage.keep([aFreshAlert({ description: hard })]);
  const of = alerts[0]?.alert_id ?? '';
  await store.triage.commit(aBatch({ repeats: [{ alert_id: ids.next(), of, reason: 'duplicate', run_id: null }] }));
}

async function fillRuns(store: Store, hard: string): Promise<void> {
  const finished = aNewRun({ alert: aFreshAlert() }, null, [aStart('look', { parameters: { hard } })]);
  await store.runs.open(finished);
  await store.runs.apply({ before: finished.run, ...finish(finished.run) });
  for (const entry of await store.outbox.claim(60_000, 1))
    await store.outbox.record(entry.outbox_id, [{ type: 'sent', channel: 'email', target: hard }], AT, null);
  // More changes than one page of an export holds.
  const long = aNewRun({ alert: aFreshAlert() });
  await store.runs.open(long);
  let { run } = long;
  for (let n = 0; n < 40; n++) {
    const events = [aStart(`step_${n}`)];
    const after = fold(run, events);
    await store.runs.apply({ before: run, after, events });
    run = after;
  }
  const open = aNewRun({ service_name: null }, 'worker#1', [aStart('write', { effect: 'write' })]);
  await store.runs.open(open);
  const more: RunEvent[] = [
    {
      type: 'step_succeeded',
      at: AT,
      step_id: 'write',
      output: { hard },
      summary: hard,
      evidence: null,
      change: { target: 't', what: 'w', from: 1, to: 2 },
    },
  ];
  await store.runs.apply({ before: open.run, after: fold(open.run, more), events: more });
}

/** Everything that the store answers about what it keeps, for comparing two of them. */
export async function answersOf(store: Store): Promise<unknown> {
  const runs = (await store.runView.list({}, ALL)).items;
  const letters = (await store.deadLetters.list(ALL)).items;
  return {
    alerts: await store.alerts.list({}, ALL),
    runs: await Promise.all(
      runs.map(async ({ run_id }) => [
        await store.runView.get(run_id),
        await store.runView.events(run_id, 0),
        await store.runs.load(run_id),
        await store.runs.alertsOf(run_id),
      ]),
    ),
    letters: await Promise.all(
      letters.map(async ({ dead_letter_id }) => {
        const letter = await store.deadLetters.get(dead_letter_id);
        // Comparing megabytes one by one takes a minute.
        const sha256 = createHash('sha256').update(letter?.raw ?? '');
        return { ...letter, body: letter?.body.length, raw: sha256.digest('hex') };
      }),
    ),
    audit: await store.audit.list(ALL),
    incidents: await Promise.all(
      (await store.incidents.list({}, ALL, AT)).items.map(({ incident_id }) => store.incidents.get(incident_id, AT)),
    ),
    versions: await store.playbooks.versions('PB-Test', ALL),
    pause: await store.pause.read(),
    token: await store.tokens.find('the hash'),
    approvals: await store.approvals.list({}, ALL),
    due: await store.triage.due('2030-01-01T00:00:00.000Z', 100),
    writes: await store.triage.lastWrites(['payment-gateway']),
    // What is equally frequent comes in any order.
    stats: Object.values(await store.runView.stats('2000-01-01T00:00:00.000Z'))
      .flat()
      .map((row) => JSON.stringify(row))
      .sort(),
  };
}
