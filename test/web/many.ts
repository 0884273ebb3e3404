import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { createIds } from '../../src/domain/id.js';
import { migrate } from '../../src/store/migrate.js';
import { openEmbedded } from '../../src/store/postgres/embedded.js';
import { anAlert } from '../helper/an-alert.js';
import type { Home } from '../helper/fixpoint-process.js';
import { AT, PLAYBOOK, aNewRun, aStart, finish } from '../helper/store-world.js';

const ROOT = join(import.meta.dirname, '..', '..');
const AT_ONCE = 5_000;
const DAY_MS = 86_400_000;
const RUN = '@run';

/** How much there is to look through. */
export interface Many {
  readonly alerts: number;
  readonly runs: number;
}

/**
 * Writes alerts `Many_0` (the oldest) and so on, spread over the last day, and runs that have ended, straight into a store that no service has
 * opened yet. Of fifty services the one of a row is `service-<n % 50>`; every thousandth alert is dropped as `filtered`, the others as
 * `no_match`; every hundredth run has failed.
 */
export async function fillStore({ directory }: Home, { alerts, runs }: Many): Promise<void> {
  const db = await openEmbedded(join(directory, 'data'), join(ROOT, 'dist', 'seed'));
  try {
    await migrate(db, join(ROOT, 'migrations'));
    const begin = Date.now() - DAY_MS;
    for (const { ids, first } of batches(alerts, begin))
      await db.query({ text: ALERTS, values: [ids, first, begin, DAY_MS / alerts, JSON.stringify(anAlert())] });
    await db.query({
      text: `insert into playbook_versions (playbook_id, version, source, playbook, first_seen_at) values ($1, $2, $3, $4, $5)`,
      values: [PLAYBOOK.playbook.playbook_id, PLAYBOOK.version, PLAYBOOK.source, JSON.stringify(PLAYBOOK.playbook), AT],
    });
    const { run, events } = aNewRun({ run_id: RUN, service_name: '@service' }, null, [aStart('look')]);
    const end = finish(run);
    const story = JSON.stringify([...events, ...end.events]);
    for (const { ids, first } of batches(runs, begin))
      await db.query({ text: RUNS, values: [ids, first, begin, DAY_MS / runs, JSON.stringify(end.after), story] });
    await db.script('analyze');
  } finally {
    await db.stop();
  }
}

/** Ids whose times are spread over the day, so many at once as one statement takes. */
function* batches(count: number, begin: number): Generator<{ readonly ids: string[]; readonly first: number }> {
  let made = 0;
  const ids = createIds(
    () => begin + Math.floor((made++ * DAY_MS) / count),
    (bytes) => randomBytes(bytes),
  );
  for (let first = 0; first < count; first += AT_ONCE)
    yield { ids: Array.from({ length: Math.min(AT_ONCE, count - first) }, () => ids.next()), first };
}

/** What both statements begin with: each row's id, its place, its instant as text and its service. */
const EACH = `with each as (
    select id, $2::int + place - 1 as n, to_timestamp(($3::float8 + ($2::int + place - 1) * $4::float8) / 1000) as at
    from unnest($1::text[]) with ordinality as made (id, place)),
  row as (
    select id, n, at, 'service-' || n % 50 as service, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as instant from each)`;

const ALERTS = `${EACH},
  told as (
    select *, 'Many_' || n as name, case when n % 1000 = 0 then 'filtered' else 'no_match' end as reason, lpad(to_hex(n), 16, '0') as fingerprint
    from row)
  insert into alerts (alert_id, source_system, alert_name, severity, status, service_name, fingerprint, received_at, doc, action, reason, decisions)
  select id, 'alertmanager', name, 'critical', 'firing', service, fingerprint, at,
    ($5::jsonb || jsonb_build_object('alert_id', id, 'alert_name', name, 'service_name', service, 'fingerprint', fingerprint, 'timestamp', instant,
      'received_at', instant, 'occurrence_id', fingerprint,
      'labels', jsonb_build_object('alertname', name, 'service', service, 'severity', 'critical', 'place', (n % 7)::text)))::json,
    'drop', reason,
    json_build_array(json_build_object('action', 'drop', 'reason', reason, 'rule_id', null, 'playbook_id', null, 'run_id', null, 'run_ids', '[]'::json,
      'until', null, 'by', null, 'explanation', 'no rule wants it', 'decided_at', instant))
  from told`;

const RUNS = `${EACH},
  story as (
    select *, case when n % 100 = 0 then 'failed' else 'succeeded' end as state,
      replace(replace($6, '${RUN}', id), '${AT}', instant) as events
    from row),
  begun as (
    insert into run_changes (run_id, seq, events)
    select id, 1, replace(replace(events, '"state":"succeeded"', '"state":"' || state || '"'), '@service', service)::json from story)
  insert into runs (run_id, playbook_id, playbook_version, service_name, group_key, dry_run, state, outcome, open, created_at, finished_at, doc)
  select id, 'PB-Test', 'v1', service, id, false, state, 'nothing_done', false, at, at,
    (replace($5, '${AT}', instant)::jsonb - 'steps' - 'joined' - 'run_id' - 'service_name' || jsonb_build_object('state', state))::json
  from story`;
