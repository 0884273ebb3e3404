import { expect, it } from 'vitest';
import { aStory, begun, failed, SCALED, succeeded } from '../../test/helper/a-reported-run.js';
import type { Story, Told } from '../../test/helper/a-reported-run.js';
import type { Language } from '../domain/notifier.js';
import type { Report } from '../domain/run/report.js';
import { PROOF_ID } from '../domain/run/proof.js';
import { renderText } from './render-text.js';
import { summarize } from './summarize.js';

function reportOf(story: Story, language: Language = 'en'): Report {
  return summarize({ ...story, language, links: {} });
}

const NOT_READY: Told = {
  ...(failed('scale', 'replicas were set from 2 to 3, but only 2 of 3 became ready in time') as Extract<
    Told,
    { type: 'step_failed' }
  >),
  change: SCALED,
};

it('tells what a step had changed before it failed', () => {
  const report = reportOf(
    aStory({}, [
      begun('scale', 'write'),
      NOT_READY,
      { type: 'run_finished', state: 'failed', outcome: 'unverified', reason: 'scale failed' },
    ]),
  );

  expect(report.summary).toContain('Changed: payment-gateway replicas 2 → 3.');
  expect(report.done).toMatchObject([{ step_id: 'scale', effect: 'write', from: '2', to: '3' }]);
  expect(renderText(report)).not.toContain('Nothing was changed');
});

it('tells a failed write and its taking back as two changes that leave nothing', () => {
  const report = reportOf(
    aStory({}, [
      begun('scale', 'write'),
      NOT_READY,
      begun('scale:undo', 'write'),
      succeeded('scale:undo', '3 → 2', { ...SCALED, from: 3, to: 2 }),
      { type: 'run_finished', state: 'failed', outcome: 'handed_over', reason: 'scale failed' },
    ]),
  );

  expect(report.summary).toContain(
    'Changed: payment-gateway replicas 2 → 3; payment-gateway replicas 3 → 2. What it wrote was taken back.',
  );
});

it('does not call taken back what only a later step took back', () => {
  const report = reportOf(
    aStory({}, [
      begun('scale', 'write'),
      NOT_READY,
      begun('tell', 'write'),
      succeeded('tell', '200', SCALED),
      begun('tell:undo', 'write'),
      succeeded('tell:undo', '200', SCALED),
      { type: 'run_finished', state: 'failed', outcome: 'handed_over', reason: 'scale failed' },
    ]),
  );

  expect(report.summary).not.toContain('taken back');
});

it('does not say that nothing was changed where the run that a step began changed something', () => {
  const report = reportOf(
    aStory({}, [
      begun('sub', 'read', { kind: 'playbook' }),
      succeeded('sub', 'run R2 of PB-Scale succeeded (verified)', {
        target: 'run R2',
        what: 'PB-Scale',
        from: null,
        to: 'verified',
      }),
      { type: 'alerts_resolved' },
      { type: 'run_finished', state: 'succeeded', outcome: 'verified', reason: null },
    ]),
  );

  expect(report.summary).toContain('Changed: run R2 PB-Scale → verified.');
  expect(report.summary).toContain('The alert has resolved.');
  expect(report.summary).not.toContain('changed nothing');
  expect(renderText(report)).not.toContain('Nothing was changed');
});

it.each([
  ['en', 'Whether it helped could not be told.'],
  ['zh', '无法判断是否有效。'],
] as const)('says in %s that nobody could tell whether it helped', (language, sentence) => {
  const looked = [
    begun(PROOF_ID, 'read'),
    succeeded(PROOF_ID, "whether the alert's condition is over cannot be told: there is no data"),
  ];
  const end: Told = { type: 'run_finished', state: 'succeeded', outcome: 'unverified', reason: null };
  const written = [begun('scale', 'write'), succeeded('scale', '2 → 3', SCALED)];

  expect(reportOf(aStory({}, [...written, ...looked, end]), language).summary).toContain(sentence);
  // Where nobody looked, nobody failed to tell.
  expect(reportOf(aStory({}, [...written, end]), language).summary).not.toContain(sentence);
});

it('says why nothing was changed where the writes were held back', () => {
  const message = "the alert's own condition is over, so this write is not needed";
  const report = reportOf(
    aStory({}, [
      begun('scale', 'write'),
      {
        type: 'step_skipped',
        step_id: 'scale',
        name: 'scale',
        kind: 'kubernetes_scale',
        reason: 'alert_resolved',
        message,
        conditions: [],
      },
      { type: 'run_finished', state: 'succeeded', outcome: 'nothing_done', reason: null },
    ]),
  );

  expect(report.summary).toContain(`Nothing was changed. scale was not done: ${message}.`);
});
