import { z } from 'zod';
import { alertOfDraft } from '../domain/api/alert.js';
import { PageQuery, pageOf, pageOfArray, pageRequest } from '../domain/api/page.js';
import { PlaybookAnswer, PlaybookItem, PlaybookVersionAnswer, ProblemAnswer } from '../domain/api/playbook.js';
import { RunAnswer, StartRun } from '../domain/api/run.js';
import type { ExecutorSpec } from '../domain/executor.js';
import { didYouMean } from '../domain/nearest.js';
import type { Problem } from '../domain/catalog.js';
import { FixpointError, sentenceOf } from '../domain/errors.js';
import type { CheckedPlaybook } from '../domain/playbook/playbook.js';
import { audit } from './audit.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { graphOf } from './playbook-graph.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';
import { runOf } from './runs.js';

const PlaybookParams = z.object({ playbook_id: PathId });
const PlaybookList = pageOf(PlaybookItem).extend({ problems: z.array(ProblemAnswer) });
const MAX_PROBLEMS = 200;
/** Ids that a refusal lists. */
const MAX_NAMED = 10;

/** The playbooks in force, their versions, and starting one by hand. */
export function playbookRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const onRequest = auth.require('read');
  const tags = ['playbooks'];
  const summary = 'The playbooks in force by their id, and what is wrong with the files on disk';

  app.get(
    '/api/v1/playbooks',
    { onRequest, schema: { tags, summary, querystring: PageQuery, ...answers(200, PlaybookList) } },
    (request) => {
      const { playbooks, problems } = deps.catalog.content();
      const items = [...playbooks.values()].map(itemOf).sort((a, b) => (a.playbook_id < b.playbook_id ? -1 : 1));
      return { ...pageOfArray(items, pageRequest(request.query)), problems: problems.slice(0, MAX_PROBLEMS) };
    },
  );

  app.get(
    '/api/v1/playbooks/:playbook_id',
    { onRequest, schema: { tags, params: PlaybookParams, ...answers(200, PlaybookAnswer) } },
    (request) => answerOf(checkedOf(deps, request.params.playbook_id), deps.executorSpecs),
  );

  app.get(
    '/api/v1/playbooks/:playbook_id/versions',
    {
      onRequest,
      schema: {
        tags,
        params: PlaybookParams,
        querystring: PageQuery,
        ...answers(200, pageOf(PlaybookVersionAnswer)),
      },
    },
    async (request) => {
      const { playbook_id } = request.params;
      const page = await deps.store.playbooks.versions(playbook_id, pageRequest(request.query));
      // A playbook whose file is gone still has its versions; one that never was has none.
      if (page.items.length === 0 && request.query.cursor === undefined) checkedOf(deps, playbook_id);
      return page;
    },
  );

  startRoute(app, deps, auth);
}

function startRoute(app: Api, deps: HttpDeps, auth: Auth): void {
  app.post(
    '/api/v1/playbooks/:playbook_id/runs',
    {
      onRequest: auth.require('operate'),
      schema: { tags: ['playbooks', 'runs'], params: PlaybookParams, body: StartRun, ...answers(201, RunAnswer) },
    },
    async (request, reply) => {
      const { playbook_id } = request.params;
      const { alert: draft, dry_run } = request.body;
      checkedOf(deps, playbook_id);
      const by = principalOf(request).name;
      const alert = draft === null ? null : alertOfDraft(draft, deps.ids.next(), deps.clock.now(), deps.subject);
      const run_id = await deps.startRun(playbook_id, { alert, dry_run, by });
      await audit(deps, { who: by, what: 'run.start', target: run_id, details: { playbook_id, dry_run } });
      return reply
        .code(201)
        .header('location', `/api/v1/runs/${run_id}`)
        .send(await runOf(deps, run_id));
    },
  );
}

function checkedOf(deps: HttpDeps, playbook_id: string): CheckedPlaybook {
  const { playbooks, broken } = deps.catalog.content();
  const wrong = playbooks.has(playbook_id) ? undefined : broken?.get(playbook_id);
  if (wrong !== undefined) throw isBroken(playbook_id, wrong);
  return found(playbooks.get(playbook_id), `playbook ${playbook_id}${instead(playbook_id, [...playbooks.keys()])}`);
}

/** It stands in a file and is not in force: what is wrong there, at its places. */
function isBroken(playbook_id: string, problems: readonly Problem[]): FixpointError {
  const details = problems.map(({ file, line, column, message }) => ({ path: `${file}:${line}:${column}`, message }));
  const message = `playbook ${playbook_id} is not in force: ${sentenceOf(details) ?? ''}`;
  return new FixpointError('not_found', message, { details });
}

/** What may have been meant: the nearest id, else the first few that there are. */
function instead(playbook_id: string, known: readonly string[]): string {
  const few = known.toSorted().slice(0, MAX_NAMED).join(', ');
  const more = known.length > MAX_NAMED ? ` and ${known.length - MAX_NAMED} more` : '';
  return didYouMean(playbook_id, known) || (known.length === 0 ? '; none is loaded' : `; there are ${few}${more}`);
}

function itemOf({ playbook, version, file }: CheckedPlaybook): PlaybookItem {
  const { playbook_id, name, description, mode, tasks } = playbook;
  return {
    playbook_id,
    name: name ?? playbook_id,
    description: description ?? null,
    mode: mode ?? null,
    version,
    file,
    task_count: tasks.length,
  };
}

/** One playbook as it is answered. */
export function answerOf(checked: CheckedPlaybook, specs: ReadonlyMap<string, ExecutorSpec>): PlaybookAnswer {
  const { playbook, source } = checked;
  return { ...itemOf(checked), source, playbook, graph: graphOf(playbook, specs) };
}
