import { useMemo } from 'react';
import type { PlaybookVersionDetail } from '../../../domain/api/playbook.js';
import type { RunAnswer } from '../../../domain/api/run.js';
import { path } from '../../api/client.js';
import { useGet } from '../../api/queries.js';
import { PageHeader } from '../../kit/page-header.js';
import { Badge, StateSign } from '../../kit/sign.js';
import { ErrorState, Loading } from '../../kit/states.js';
import { Tabs } from '../../kit/tabs.js';
import { text } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { AboutRun } from './about-run.js';
import { Events } from './events.js';
import { useKnownRun } from './known-run.js';
import { PersonWaits } from './person-waits.js';
import { ReportView } from './report-view.js';
import { RunActions } from './run-actions.js';
import { RunFacts } from './run-facts.js';
import { RunLead } from './run-lead.js';
import { useLiveRun } from './run-live.js';
import type { LiveRun } from './run-live.js';
import { StepDrawer } from './step-drawer.js';
import { StepsView } from './steps-view.js';
import { buildGraph } from './run-graph.js';
import './run-page.css';

const PARAMS = { step: text() };

/** One run: what happened in a sentence, what can be done about it, and everything that it is made of. */
export function RunPage({ run_id }: { readonly run_id: string }) {
  const own = useWords(runsWords);
  const live = useLiveRun(run_id);
  const { data: run, error } = live.query;
  const back = { href: '/runs', label: own.title };
  const known = useKnownRun(run_id);
  if (run === undefined)
    return (
      <>
        <PageHeader
          title={known?.playbook_name ?? own.list.run}
          back={back}
          meta={known !== null && <StateSign value={known.state} />}
        />
        {error === null ? <Loading rows={8} /> : <ErrorState error={error} onRetry={() => void live.query.refetch()} />}
      </>
    );
  return <KnownRun run={run} live={live} back={back} />;
}

interface KnownRunProps {
  readonly run: RunAnswer;
  readonly live: LiveRun;
  readonly back: { readonly href: string; readonly label: string };
}

function KnownRun({ run, live, back }: KnownRunProps) {
  const words = useWords();
  const own = useWords(runsWords);
  const shape = useShape(run);
  const graph = useMemo(() => buildGraph(run, shape ?? null), [run, shape]);
  const [{ step: openStep }, setParams] = useUrlState(PARAMS);
  const openStepOf = (step: string): void => setParams({ step }, openStep === '' ? 'push' : 'replace');
  return (
    <>
      <PageHeader
        title={run.playbook_name}
        back={back}
        meta={
          <>
            <StateSign value={run.state} />
            {run.dry_run && <Badge tone="info">{words.dry_run}</Badge>}
            {!run.dry_run && run.mode !== 'auto' && <Badge tone="info">{words.mode[run.mode]}</Badge>}
          </>
        }
        actions={<RunActions run={run} />}
      />
      <div className="stack">
        <RunLead run={run} graph={graph} />
        <RunFacts run={run} />
        <PersonWaits run={run} onOpen={openStepOf} />
        <Tabs
          label={own.tab.label}
          tabs={[
            {
              id: 'steps',
              label: own.tab.steps,
              count: graph.nodes.length,
              panel: () => <StepsView {...{ run, graph, openStep }} isShaped={shape !== null} onOpen={openStepOf} />,
            },
            {
              id: 'events',
              label: own.tab.events,
              count: run.seq,
              panel: () => <Events run={run} live={live} onOpenStep={openStepOf} />,
            },
            { id: 'report', label: own.tab.report, panel: () => <ReportView run={run} onOpenStep={openStepOf} /> },
            { id: 'about', label: own.tab.about, panel: () => <AboutRun run={run} /> },
          ]}
        />
      </div>
      <StepDrawer
        {...{ run, graph }}
        tasks={shape?.playbook.tasks ?? []}
        step_id={openStep === '' ? null : openStep}
        onOpen={openStepOf}
        onClose={() => setParams({ step: '' })}
      />
    </>
  );
}

/** The playbook as the run holds it; undefined while it is on its way, null where it is not known any more. */
function useShape({ playbook_id, playbook_version }: RunAnswer): PlaybookVersionDetail | null | undefined {
  const shape = useGet<PlaybookVersionDetail>(path`/api/v1/playbooks/${playbook_id}/versions/${playbook_version}`);
  return shape.isError ? null : shape.data;
}
