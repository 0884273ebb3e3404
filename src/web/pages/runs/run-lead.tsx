import type { RunAnswer } from '../../../domain/api/run.js';
import { Said } from '../../kit/said.js';
import type { SignTone } from '../../kit/sign.js';
import { signOf } from '../../kit/sign.js';
import { Icon } from '../../kit/icon.js';
import type { IconName } from '../../kit/icon.js';
import { Countdown, When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import type { runs } from '../../words/en/runs.js';
import { FrozenBy } from './person-waits.js';
import { Progress } from './progress.js';
import { isOver } from './run-graph.js';
import type { RunGraph } from './run-graph.js';
import { frozenBy } from './waits.js';

type LeadWords = (typeof runs)['lead'];

const MOST_NAMES = 3;

/** What happened, or happens, in a sentence: the first thing that is read. */
export function RunLead({ run, graph }: { readonly run: RunAnswer; readonly graph: RunGraph }) {
  const { lead } = useWords(runsWords);
  const { tone, icon } = signOfRun(run);
  const done = graph.nodes.filter(({ state }) => isOver(state)).length;
  const failed = graph.nodes.filter(({ state }) => state === 'failed').length;
  const left_out = graph.nodes.filter(({ state }) => state === 'skipped' || state === 'cancelled').length;
  const notes = notesOf(run, lead);
  // For what it waits has a word of its own, and the lead's sentence tells it.
  const why = run.state === 'waiting' ? null : run.reason;
  return (
    <section className={`panel run-lead ${tone}`}>
      <Icon name={icon} size={24} />
      <div className="run-lead-words">
        <p className="run-lead-sentence" dir="auto" role="status">
          {sentence(run, graph, lead)}{' '}
          {run.begin_at !== undefined && run.state === 'pending' && <When at={run.begin_at} />}
        </p>
        {why !== null && (
          <p className="run-lead-why" dir="auto">
            <Said text={why} />
          </p>
        )}
        {why === null && <WhyItWaits run={run} graph={graph} />}
        {notes.map((note) => (
          <p key={note} className="quiet">
            {note}
          </p>
        ))}
      </div>
      <Progress {...{ done, failed, left_out }} total={graph.nodes.length} />
    </section>
  );
}

function signOfRun(run: RunAnswer): { readonly tone: SignTone; readonly icon: IconName } {
  if (run.state === 'succeeded' && run.outcome !== null) return signOf('outcome', run.outcome);
  return signOf('state', run.state);
}

function sentence(run: RunAnswer, graph: RunGraph, lead: LeadWords): string {
  switch (run.state) {
    case 'pending':
      return run.begin_at === undefined ? lead.pending : lead.begins;
    case 'running':
      if (run.cancel_requested) return lead.cancelling;
      return run.compensating === null ? working(graph, lead) : lead.compensating;
    case 'waiting': {
      const asked = graph.nodes.filter(({ state }) => state === 'waiting');
      return asked.length === 0 ? lead.waiting : lead.waits_for(names(asked, lead));
    }
    case 'paused':
      return lead.paused;
    case 'cancelled':
      return run.outcome === null || run.outcome === 'nothing_done' || run.outcome === 'unverified'
        ? lead.cancelled
        : lead.then(lead.cancelled, lead.outcome[run.outcome]);
    case 'failed':
      return run.outcome === null ? lead.failed : lead.then(lead.failed, lead.outcome[run.outcome]);
    case 'succeeded':
      return run.outcome === null ? lead.succeeded : lead.outcome[run.outcome];
  }
}

function working({ nodes }: RunGraph, lead: LeadWords): string {
  const busy = nodes.filter(({ state }) => state === 'running');
  const waits = nodes.filter(({ state }) => state === 'waiting');
  if (busy.length > 0) return lead.doing(names(busy, lead));
  return waits.length > 0 ? waitsFor(waits)(names(waits, lead)) : lead.running;

  function waitsFor(steps: RunGraph['nodes']): (names: string) => string {
    if (steps.every(({ kind }) => kind === 'wait')) return lead.timer;
    if (steps.every(({ kind }) => kind === 'playbook')) return lead.other_run;
    return steps.every((step) => frozenBy(step) !== null) ? lead.frozen : lead.held;
  }
}

/** What a run waits for that no person has to move on: in the service's words, until when, and where to look at it. */
function WhyItWaits({ run, graph }: { readonly run: RunAnswer; readonly graph: RunGraph }) {
  if (run.state !== 'running' || run.cancel_requested || run.compensating !== null) return null;
  if (graph.nodes.some(({ state }) => state === 'running')) return null;
  const step = graph.nodes.find(({ wait, kind }) => wait === 'time' && kind !== 'playbook');
  if (step === undefined) return null;
  const window_id = frozenBy(step);
  return (
    <p className="run-lead-why" dir="auto">
      {step.message !== null && <Said text={step.message} />}
      {step.until !== null && step.kind === 'wait' && (
        <>
          {' · '}
          <Countdown until={step.until} />
        </>
      )}
      {window_id !== null && (
        <>
          {' · '}
          <FrozenBy window_id={window_id} />
        </>
      )}
    </p>
  );
}

function names(nodes: readonly { readonly name: string }[], lead: LeadWords): string {
  const some = nodes.slice(0, MOST_NAMES).map(({ name }) => name);
  const rest = nodes.length - some.length;
  return rest === 0 ? some.join(', ') : `${some.join(', ')} ${lead.more(rest)}`;
}

function notesOf(run: RunAnswer, lead: LeadWords): readonly string[] {
  const notes: string[] = [];
  if (run.dry_run) notes.push(lead.dry);
  else if (run.mode === 'shadow') notes.push(lead.shadow);
  if (run.compensating !== null && run.finished_at === null && run.state !== 'running') notes.push(lead.compensating);
  return notes;
}
