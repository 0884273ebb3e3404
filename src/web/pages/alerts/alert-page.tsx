import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { AlertAnswer } from '../../../domain/api/alert.js';
import { path } from '../../api/client.js';
import { useGet } from '../../api/queries.js';
import { useMay } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { Copy } from '../../kit/copy.js';
import { JsonView } from '../../kit/json-view.js';
import { useKeys } from '../../kit/keys.js';
import { PageHeader } from '../../kit/page-header.js';
import { StateSign } from '../../kit/sign.js';
import { Soon } from '../../kit/soon.js';
import { ErrorState, Loading } from '../../kit/states.js';
import { When } from '../../kit/when.js';
import { alertsWords } from '../../words/alerts.js';
import { useWords } from '../../words/language.js';
import { SilenceDialog } from '../silences/silence-dialog.js';
import { matchersOf } from '../silences/silence-draft.js';
import { curlOf } from './alert-json.js';
import { AlertAnnotations, AlertFacts, AlertLabels, MoreFacts } from './alert-facts.js';
import { DecisionPanel } from './decision-panel.js';
import { DryRunDialog } from './dry-run-dialog.js';
import { Earlier } from './earlier.js';
import { knownAlert } from './known-alert.js';
import { LongText } from './long-text.js';
import { PayloadPanel } from './payload-panel.js';
import { RulesPanel } from './rules-panel.js';
import './alert-page.css';

const TITLE_MOST = 160;

/** One alert: what was decided and why, what it says, what every rule says of it, and what came before. */
export function AlertPage({ alertId }: { readonly alertId: string }) {
  const w = useWords(alertsWords);
  const { data: alert, error, refetch } = useAlert(alertId);
  const back = { href: '/alerts', label: w.title };
  if (alert === undefined)
    return (
      <>
        <PageHeader title={w.one.other_tab} back={back} />
        {error === null ? <Loading rows={10} /> : <ErrorState error={error} onRetry={refetch} />}
      </>
    );
  return <Shown alert={alert} back={back} />;
}

/** What every rule says is asked for once, and anew when the decision or the incident has changed. */
function useAlert(alertId: string) {
  const address = path`/api/v1/alerts/${alertId}`;
  const whole = useGet<AlertAnswer>(address);
  const { data: light } = useGet<AlertAnswer>(address, {
    query: { evaluation: false },
    live: true,
    enabled: whole.isSuccess,
    known: whole.data && { data: whole.data, at: whole.dataUpdatedAt },
  });
  const { data, refetch } = whole;
  const client = useQueryClient();
  const known = useMemo(() => knownAlert(client, alertId), [client, alertId]);
  const isOld =
    light !== undefined &&
    data !== undefined &&
    (light.decision?.decided_at !== data.decision?.decided_at || light.incident_id !== data.incident_id);
  const seen = `${light?.decision?.decided_at} ${light?.incident_id}`;
  useEffect(() => {
    if (isOld) void refetch();
  }, [isOld, seen, refetch]);
  const isFailed = data === undefined && whole.error !== null;
  return {
    data: isFailed ? undefined : (data ?? known),
    error: isFailed ? whole.error : null,
    refetch: () => void refetch(),
  };
}

interface ShownProps {
  readonly alert: AlertAnswer;
  readonly back: { readonly href: string; readonly label: string };
}

function Shown({ alert, back }: ShownProps) {
  const w = useWords(alertsWords);
  const title = alert.alert_name.length > TITLE_MOST ? `${alert.alert_name.slice(0, TITLE_MOST)}…` : alert.alert_name;
  return (
    <div className="alert-page">
      <PageHeader
        title={title}
        back={back}
        meta={
          <>
            <StateSign of="severity" value={alert.severity} />
            <StateSign value={alert.status} />
            <When at={alert.received_at} />
          </>
        }
        actions={<Actions alert={alert} />}
      />
      <div className="stack">
        <DecisionPanel alert={alert} />
        <div className="alert-columns">
          <div className="stack">
            <section className="panel stack">
              <h2>{w.one.fields}</h2>
              <LongText text={alert.description} label={w.one.description} />
              <AlertFacts alert={alert} />
            </section>
            <RulesPanel alertId={alert.alert_id} evaluation={alert.evaluation} />
          </div>
          <div className="stack">
            <section className="panel stack">
              <h2>{w.one.labels}</h2>
              <AlertLabels labels={alert.labels} />
            </section>
            <AlertAnnotations alert={alert} />
            <Soon>
              {() => (
                <section className="panel stack">
                  <h2>{w.one.more_fields}</h2>
                  <MoreFacts alert={alert} />
                </section>
              )}
            </Soon>
          </div>
        </div>
        <Soon>
          {() => (
            <>
              <Earlier alert={alert} />
              <PayloadPanel alertId={alert.alert_id} />
              <Record alert={alert} />
            </>
          )}
        </Soon>
      </div>
    </div>
  );
}

function Actions({ alert }: { readonly alert: AlertAnswer }) {
  const w = useWords(alertsWords);
  const may = useMay('operate');
  const [open, setOpen] = useState<'silence' | 'dry' | null>(null);
  const close = (): void => setOpen(null);
  useKeys(
    may
      ? [
          { keys: 's', label: w.do.silence, run: () => setOpen('silence') },
          { keys: 'd', label: w.do.dry_run, run: () => setOpen('dry') },
        ]
      : [],
  );
  return (
    <>
      <Copy text={curlOf(alert, window.location.origin)} what={w.one.curl} label={w.one.copy_curl} />
      {may && (
        <>
          <Button icon="run" onClick={() => setOpen('dry')}>
            {w.do.dry_run}
          </Button>
          <Button icon="silence" tone="primary" onClick={() => setOpen('silence')}>
            {w.do.silence}
          </Button>
          <SilenceDialog open={open === 'silence'} onClose={close} draft={{ matchers: matchersOf(alert) }} />
          <DryRunDialog open={open === 'dry'} onClose={close} alert={alert} />
        </>
      )}
    </>
  );
}

function Record({ alert }: { readonly alert: AlertAnswer }) {
  const w = useWords(alertsWords).one;
  const {
    decision: _decision,
    decisions: _decisions,
    evaluation: _evaluation,
    incident_id: _id,
    original,
    ...kept
  } = alert;
  return (
    <section className="panel stack">
      <h2>{w.payload}</h2>
      {original !== undefined && (
        <>
          <h3>{w.original}</h3>
          <p className="quiet">{w.original_hint}</p>
          <JsonView value={original} label={w.original_label} />
        </>
      )}
      <p className="quiet">{w.payload_hint}</p>
      <JsonView value={kept} label={w.payload_label} open={1} />
    </section>
  );
}
