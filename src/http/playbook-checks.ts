import { z } from 'zod';
import { sinceInstant } from '../domain/api/page.js';
import {
  PlaybookCheckAnswer,
  PlaybookCheckRequest,
  PlaybookStatsAnswer,
  PlaybookStatsQuery,
  PlaybookVersionDetail,
} from '../domain/api/playbook.js';
import type { PlaybookStats } from '../domain/api/playbook.js';
import type { RunFigures } from '../domain/survey.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { graphOf } from './playbook-graph.js';
import { answerOf } from './playbooks.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';

const tags = ['playbooks'];
const MAX_PROBLEMS = 200;
const MAX_RULES = 200;
/** Runs that figures are made of. */
const MAX_RUNS = 10_000;

/** What is known of playbooks besides what is in force: a text that is none yet, earlier versions, and how their runs went. */
export function playbookCheckRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const onRequest = auth.require('read');
  app.post(
    '/api/v1/playbooks/check',
    {
      onRequest,
      schema: {
        tags,
        summary: 'What `fixpoint check` would say of a text; nothing is kept',
        body: PlaybookCheckRequest,
        ...answers(200, PlaybookCheckAnswer),
      },
    },
    async (request): Promise<PlaybookCheckAnswer> => {
      const { file, source } = request.body;
      const { problems, playbooks, rules } = await deps.checkText(file, source);
      return {
        ok: problems.length === 0,
        problems: problems.slice(0, MAX_PROBLEMS),
        playbooks: [...playbooks.values()].map((checked) => answerOf(checked, deps.executorSpecs)),
        rules: rules.slice(0, MAX_RULES),
      };
    },
  );

  app.get(
    '/api/v1/playbooks/:playbook_id/versions/:version',
    {
      onRequest,
      schema: {
        tags,
        summary: 'One version that was in force: what the runs hold that began with it',
        params: z.object({ playbook_id: PathId, version: PathId }),
        ...answers(200, PlaybookVersionDetail),
      },
    },
    async (request) => {
      const { playbook_id, version } = request.params;
      const kept = await deps.store.playbooks.version(playbook_id, version);
      const detail = found(kept, `version ${version} of playbook ${playbook_id}`);
      return { ...detail, graph: graphOf(detail.playbook, deps.executorSpecs) };
    },
  );

  app.get(
    '/api/v1/playbook_stats',
    {
      onRequest,
      schema: {
        tags,
        summary: 'How the runs of each playbook went; dry runs do not count',
        querystring: PlaybookStatsQuery,
        ...answers(200, PlaybookStatsAnswer),
      },
    },
    async (request): Promise<PlaybookStatsAnswer> => {
      const since = sinceInstant(request.query.since, deps.clock.now());
      const { playbook_id = null } = request.query;
      const { items, complete } = await deps.store.survey.runFigures(since, playbook_id, MAX_RUNS);
      return { since, complete, items: items.map(statsOf) };
    },
  );
}

function statsOf({ playbook_id, runs, median_duration_ms, last_run }: RunFigures): PlaybookStats {
  const states: PlaybookStats['states'] = {};
  const outcomes: PlaybookStats['outcomes'] = {};
  for (const { state, outcome, count } of runs) {
    states[state] = (states[state] ?? 0) + count;
    if (outcome !== null) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
  }
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  return { playbook_id, runs: total, states, outcomes, median_duration_ms, last_run };
}
