import type { RunAnswer } from '../../../domain/api/run.js';
import { useKeys } from '../../kit/keys.js';
import { later } from '../../kit/later.js';
import { useMedia } from '../../kit/media.js';
import { Boundary, ErrorState } from '../../kit/states.js';
import { Soon } from '../../kit/soon.js';
import { oneOf } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import type { RunGraph } from './run-graph.js';
import { StepList } from './step-list.js';
import { TimeLine } from './time-line.js';
import './steps-view.css';

// The drawing library is large: who looks at a list does not load it.
const { Part: GraphView, preload } = later(async () => (await import('./graph-view.js')).GraphView);

/** Fetches it ahead of time, where there is room for a graph. */
export function preloadGraph(): void {
  if (window.matchMedia('(min-width: 721px)').matches) preload();
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
  const meanwhile = <div className="graph-frame" role="status" aria-busy="true" aria-label={words.fallback} />;
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
            <Soon meanwhile={meanwhile}>{() => <GraphView {...{ graph, openStep, onOpen, meanwhile }} />}</Soon>
          </Boundary>
        ) : (
          <StepList run={run} graph={graph} openStep={openStep} onOpen={onOpen} />
        )}
      </div>
      <TimeLine run={run} openStep={openStep} onOpen={onOpen} />
    </div>
  );
}
