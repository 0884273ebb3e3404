import { z } from 'zod';
import { Accepted } from '../domain/api/alert.js';
import { PageQuery, pageOf, pageRequest } from '../domain/api/page.js';
import { DeadLetterAnswer } from '../domain/api/system.js';
import { instant } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import { UNKNOWN_SOURCE } from '../ingest/ingest.js';
import { audit } from './audit.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';

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
      const letter = found(await deadLetters.get(dead_letter_id), `dead letter ${dead_letter_id}`);
      if (letter.replayed_at !== null) {
        throw new FixpointError('conflict', `dead letter ${dead_letter_id} was replayed at ${letter.replayed_at}`);
      }
      const by = principalOf(request).name;
      const source = letter.source === UNKNOWN_SOURCE ? null : letter.source;
      const accepted = await deps.ingest.replay(source, letter.raw, `replay by ${by}`);
      await deadLetters.markReplayed(dead_letter_id, instant(deps.clock.now()));
      const details = { accepted: accepted.accepted, rejected: accepted.rejected };
      await audit(deps, { who: by, what: 'dead_letter.replay', target: dead_letter_id, details });
      return reply.code(202).send(accepted);
    },
  );
}
