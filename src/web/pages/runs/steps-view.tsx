import { Suspense, lazy } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import { useKeys } from '../../kit/keys.js';
import { useMedia } from '../../kit/media.js';
import { Boundary, ErrorState } from '../../kit/states.js';
import { oneOf } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import type { RunGraph } from './run-graph.js';
import { StepList } from './step-list.js';
import { TimeLine } from './time-line.js';
import './steps-view.css';

// The drawing library is large: who looks at a list does not load it.
const loadGraph = () => import('./graph-view.js');
const GraphView = lazy(async () => ({ default: (await loadGraph()).GraphView }));

/** Fetches it ahead of time; when that fails it is tried again where it is needed, and told there. */
export function preloadGraph(): void {
  if (window.matchMedia('(min-width: 721px)').matches) void loadGraph().catch(() => undefined);
}

const VIEWS = ['graph', 'list'] as const;
const PARAMS = { view: oneOf(VIEWS) };

interface StepsViewProps {
  readonly run: RunAnswer;
  readonly graph: RunGraph;
  /** False where the playbook's version is not known: there is nothing to draw arrows from. */
  readonly isShaped: boolean;
  readonly openStep: string;
  readonly onOpen: (step_id: string) => void;
}

/** The steps as a graph or as a list, which say the same, beside their course over time. */
export function StepsView({ run, graph, isShaped, openStep, onOpen }: StepsViewProps) {
  const { view: words } = useWords(runsWords);
  const isNarrow = useMedia('(max-width: 720px)');
  const [{ view: chosen }, setView] = useUrlState(PARAMS);
  const view = !isShaped ? 'list' : chosen === '' ? (isNarrow ? 'list' : 'graph') : chosen;
  useKeys(
    isShaped
      ? [{ keys: 'v', label: words.toggle, run: () => setView({ view: view === 'graph' ? 'list' : 'graph' }) }]
      : [],
  );
  return (
    <div className="steps-view">
      <div className="steps-main">
        <div className="steps-head">
          <div className="steps-switch" role="group" aria-label={words.label}>
            {VIEWS.map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={view === one}
                disabled={one === 'graph' && !isShaped}
                onClick={() => setView({ view: one })}
              >
                {words[one]}
              </button>
            ))}
          </div>
          {!isShaped && <p className="quiet">{words.no_graph}</p>}
          {view === 'graph' && graph.nodes.some(({ isCritical }) => isCritical) && (
            <p className="steps-legend">
              <span className="steps-critical" aria-hidden="true" /> {words.critical_legend}
            </p>
          )}
        </div>
        {view === 'graph' ? (
          <Boundary fallback={(error, reset) => <ErrorState error={error} onRetry={reset} />}>
            <Suspense fallback={<div className="graph-frame" role="status" aria-label={words.fallback} />}>
              <GraphView graph={graph} openStep={openStep} onOpen={onOpen} />
            </Suspense>
          </Boundary>
        ) : (
          <StepList run={run} graph={graph} openStep={openStep} onOpen={onOpen} />
        )}
      </div>
      <TimeLine run={run} openStep={openStep} onOpen={onOpen} />
    </div>
  );
}
