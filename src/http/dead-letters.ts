import { z } from 'zod';
import { Accepted } from '../domain/api/alert.js';
import { PageQuery, pageOf, pageRequest } from '../domain/api/page.js';
import { DeadLetterAnswer } from '../domain/api/system.js';
import { instant } from '../domain/clock.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import type { DeadLetter } from '../domain/alert/dead-letter.js';
import { UNKNOWN_SOURCE } from '../ingest/ingest.js';
import { audit } from './audit.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';

/** Longer than the intake may take. A process that dies in a replay keeps others from it for so long. */
const TURN_MS = 120_000;

/** Bodies that could not be used, and another try with them. */
export function deadLetterRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const tags = ['dead letters'];
  const { deadLetters } = deps.store;

  app.get(
    '/api/v1/dead_letters',
    {
      onRequest: auth.require('read'),
      schema: { tags, querystring: PageQuery, ...answers(200, pageOf(DeadLetterAnswer)) },
    },
    (request) => deadLetters.list(pageRequest(request.query)),
  );

  app.post(
    '/api/v1/dead_letters/:dead_letter_id/replay',
    {
      onRequest: auth.require('operate'),
      schema: {
        tags,
        summary: 'Hands the body to the intake again, once; where it is refused again, the letter stays as it was',
        params: z.object({ dead_letter_id: PathId }),
        ...answers(202, Accepted),
      },
    },
    async (request, reply) => {
      const { dead_letter_id } = request.params;
      const by = principalOf(request).name;
      const accepted = await replayOnce(dead_letter_id, by, deps);
      const details = { accepted: accepted.accepted, rejected: accepted.rejected };
      await audit(deps, { who: by, what: 'dead_letter.replay', target: dead_letter_id, details });
      return reply.code(202).send(accepted);
    },
  );
}

/** Hands a letter to the intake if nobody has done so or is doing so at this moment, whatever process they ask. */
async function replayOnce(
  dead_letter_id: string,
  by: string,
  deps: HttpDeps,
): ReturnType<HttpDeps['ingest']['replay']> {
  const { deadLetters } = deps.store;
  const what = `dead letter ${dead_letter_id}`;
  refuseReplayed(found(await deadLetters.get(dead_letter_id), what));
  const now = deps.clock.now();
  if (!(await deadLetters.beginReplay(dead_letter_id, instant(now), instant(now + TURN_MS))))
    throw new FixpointError('conflict', `${what} is being replayed at this moment`);
  let replayed_at: string | null = null;
  try {
    // Read again: it may have been replayed between the first look and this turn.
    const letter = found(await deadLetters.get(dead_letter_id), what);
    refuseReplayed(letter);
    const source = letter.source === UNKNOWN_SOURCE ? null : letter.source;
    const accepted = await deps.ingest.replay(source, letter.raw, `replay by ${by}`);
    replayed_at = instant(deps.clock.now());
    return accepted;
  } finally {
    await endTurn(dead_letter_id, replayed_at, deps);
  }
}

async function endTurn(dead_letter_id: string, replayed_at: string | null, deps: HttpDeps): Promise<void> {
  try {
    await deps.store.deadLetters.endReplay(dead_letter_id, replayed_at);
  } catch (error) {
    // What was replayed must be marked, or it would be offered again; what was refused is told with its own reason, and the turn ends by itself.
    if (replayed_at !== null) throw error;
    deps.log.warn(
      { error: messageOf(error), dead_letter_id },
      'the turn to replay a dead letter ends later than the replay',
    );
  }
}

function refuseReplayed({ dead_letter_id, replayed_at }: DeadLetter): void {
  if (replayed_at !== null)
    throw new FixpointError('conflict', `dead letter ${dead_letter_id} was replayed at ${replayed_at}`);
}
