import type { IncidentDetail, IncidentEntry } from '../../../domain/incident/incident.js';
import { path } from '../../api/client.js';
import { Link } from '../../kit/link.js';
import { useSignText } from '../../kit/sign.js';
import { When } from '../../kit/when.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';
import { readTold } from './told.js';
import type { Told } from './told.js';

interface MessageProps {
  readonly entry: IncidentEntry;
  readonly incident: Pick<IncidentDetail, 'alerts' | 'runs'>;
}

/** What a line of the timeline tells, in the reader's language; what people wrote stands as they wrote it. */
export function Message({ entry, incident }: MessageProps) {
  if (entry.alert_id !== null) return <AlertMessage entry={entry} alert_id={entry.alert_id} alerts={incident.alerts} />;
  if (entry.run_id !== null) return <RunMessage entry={entry} run_id={entry.run_id} runs={incident.runs} />;
  const told = readTold(entry);
  if (told.kind === 'nothing') return null;
  return (
    <span className={entry.type === 'note' ? 'incident-message note' : 'incident-message'} dir="auto">
      <ToldText told={told} type={entry.type} />
    </span>
  );
}

function AlertMessage({
  entry,
  alert_id,
  alerts,
}: {
  readonly entry: IncidentEntry;
  readonly alert_id: string;
  readonly alerts: IncidentDetail['alerts'];
}) {
  const sign = useSignText();
  const alert = alerts.find((one) => one.alert_id === alert_id);
  return (
    <span className="incident-message">
      <Link href={path`/alerts/${alert_id}`} dir="auto">
        {alert?.alert_name ?? entry.message}
      </Link>
      {alert !== undefined && (
        <>
          {' '}
          <span>{sign('severity', alert.severity)}</span>
          {alert.service_name !== null && (
            <>
              {' · '}
              <span dir="auto">{alert.service_name}</span>
            </>
          )}
        </>
      )}
    </span>
  );
}

function RunMessage({
  entry,
  run_id,
  runs,
}: {
  readonly entry: IncidentEntry;
  readonly run_id: string;
  readonly runs: IncidentDetail['runs'];
}) {
  const sign = useSignText();
  const run = runs.find((one) => one.run_id === run_id);
  return (
    <span className="incident-message">
      <Link href={path`/runs/${run_id}`} dir="auto">
        {run?.playbook_id ?? entry.message}
      </Link>
      {run !== undefined && entry.type === 'run_ended' && (
        <>
          {' '}
          {sign('state', run.state)}
          {run.outcome !== null && ` · ${sign('outcome', run.outcome)}`}
        </>
      )}
    </span>
  );
}

function ToldText({ told, type }: { readonly told: Told; readonly type: IncidentEntry['type'] }) {
  const { told: words } = useWords(incidentsWords);
  const { grade } = useWords();
  const sign = useSignText();
  switch (told.kind) {
    case 'nothing':
      return null;
    case 'text':
      return told.text;
    case 'by_alert':
      return words.by_alert(told.alert_name, sign('severity', told.severity));
    case 'fires':
      return words.fires(told.alert_name, told.service_name);
    case 'itself':
      return words.itself;
    case 'still_firing':
      return (
        <>
          {words.still_firing(told.count)}
          {told.comment !== null && `: ${told.comment}`}
        </>
      );
    case 'assigned':
      return told.to === null ? words.to_nobody : words.to(told.to);
    case 'clock':
      return (
        <>
          {words[type === 'clock_breached' ? 'late' : 'soon'][told.clock]} <When at={told.by} as="clock" />
        </>
      );
    case 'graded':
      return `${told.change}: ${words.graded(grade[told.impact], grade[told.urgency])}`;
    case 'raised':
      return `${told.change}: ${words.raised(sign('severity', told.severity), told.services)}`;
    case 'merged':
      return (
        <>
          {told.into ? words.merged_into : words.merged_with}{' '}
          <Link href={path`/incidents/${told.incident_id}`}>
            <code>{told.incident_id}</code>
          </Link>
        </>
      );
  }
}
