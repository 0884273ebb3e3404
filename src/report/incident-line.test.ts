import { describe, expect, it } from 'vitest';
import { aStory, failed, begun, RUN_ID, theDemoRun } from '../../test/helper/a-reported-run.js';
import type { Story } from '../../test/helper/a-reported-run.js';
import type { IncidentBrief } from '../domain/incident/incident.js';
import type { OutboxEntry } from '../domain/outbox.js';
import { buildReport } from './build.js';
import { composeNotice } from './compose.js';
import { renderHtml } from './render-html.js';
import { renderText } from './render-text.js';

const INCIDENT: IncidentBrief = {
  incident_id: 'incident-1',
  title: 'Slow <b>\u001b[2J</b> on web',
  state: 'open',
  priority: 'P0',
  severity: 'critical',
  service_names: ['web'],
};

function optionsFor(story: Story, incidentOf: () => Promise<IncidentBrief | null>, language: 'en' | 'zh' = 'en') {
  const runView = {
    get: () => Promise.resolve({ ...story.run, deliveries: [] }),
    events: (_run_id: string, after: number) => Promise.resolve(story.events.filter((event) => event.seq > after)),
  };
  return { runView, language, publicUrl: null, incidentOf };
}

describe('the incident in what people read', () => {
  it.each([
    ['en', 'Incident P0: Slow <b> [2J</b> on web (incident-1).'],
    ['zh', '所属事件 P0：Slow <b> [2J</b> on web（incident-1）。'],
  ] as const)('stands in a report in %s with its priority, harmless in every form', async (language, line) => {
    const options = optionsFor(theDemoRun(), () => Promise.resolve(INCIDENT), language);
    const report = await buildReport(RUN_ID, options);
    expect(report?.incident).toMatchObject({ incident_id: 'incident-1', priority: 'P0' });
    expect(report && renderText(report)).toContain(line);
    const html = report ? renderHtml(report) : '';
    expect(html).toContain('P0 Slow &lt;b&gt;');
    expect(html).not.toContain('<b>\u001b');
  });

  it('stands in a notice about a step', async () => {
    const story = aStory({}, [begun('check', 'read'), failed('check', 'no answer')]);
    const entry: OutboxEntry = {
      outbox_id: `${RUN_ID}:6`,
      run_id: RUN_ID,
      kind: 'escalate',
      step_id: 'check',
      message: 'no answer',
      attempts: 1,
      created_at: '2026-11-21T10:00:00.000Z',
      sent: [],
    };
    const options = optionsFor(story, () => Promise.resolve(INCIDENT));
    expect((await composeNotice(entry, story.run, options)).text).toContain('Incident P0: Slow');
  });

  it('is left out where there is none, and where it cannot be told', async () => {
    for (const incidentOf of [() => Promise.resolve(null), () => Promise.reject(new Error('the database is away'))]) {
      const report = await buildReport(RUN_ID, optionsFor(theDemoRun(), incidentOf));
      expect(report?.incident).toBeNull();
      expect(report?.summary).not.toContain('Incident');
    }
  });
});
