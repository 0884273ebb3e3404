import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Accepted } from '../domain/api/alert.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import { encodingOf, unpacked } from './content-encoding.js';
import type { HttpDeps } from './deps.js';
import { answers } from './route.js';
import type { Api } from './route.js';

const SourceParams = z.object({ source: z.string() });
const VariantParams = SourceParams.extend({ variant: z.string() });

const NOTHING = new Uint8Array(0);

/**
 * The intake. This is the hot path: the body stays a buffer (signatures, dead letters and the intake want its bytes), the content type
 * is not looked at, and nothing but the guard runs before the handler.
 */
export function webhookRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const envelopes = [...(deps.envelopes ?? [])];
  const plainOf = ({ headers }: FastifyRequest, body: Uint8Array): Promise<Uint8Array> | Uint8Array =>
    headers['content-encoding'] === undefined
      ? body
      : unpacked(headers['content-encoding'], body, deps.config.bodyLimit);
  /** After the signature was checked, which is one of the very bytes that were sent. */
  async function wholeOf(request: FastifyRequest, source: string | null, sent: Uint8Array): Promise<Uint8Array> {
    const { headers } = request;
    const body = await plainOf(request, sent);
    for (const [name, envelope] of envelopes)
      if ((source === null || source === name) && headers[envelope.header] !== undefined)
        return envelope.enclose({ headers, body });
    return body;
  }

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  app.addHook('onRequest', (request, _reply, done) => {
    try {
      encodingOf(request.headers['content-encoding']);
    } catch (error) {
      done(error as Error); // what encodingOf throws is a FixpointError
      return;
    }
    // Any content type will do, a malformed one too: Fastify would refuse it before the parser is asked.
    request.raw.headers['content-type'] = 'application/octet-stream';
    done();
  });
  app.addHook('onRequest', auth.webhook);
  // Before the body is read: while nothing can be stored, bodies that will be refused cost nothing.
  app.addHook('onRequest', (request, _reply, done) => {
    deps.ingest.checkRoom(Number(request.headers['content-length'] ?? 0));
    done();
  });

  app.post(
    '/api/v1/webhooks/:source',
    { schema: { tags: ['intake'], summary: 'Alerts of one source', params: SourceParams, ...answers(202, Accepted) } },
    async (request, reply) => {
      const { source } = request.params;
      const body = bodyOf(request.body);
      await auth.checkSignature(request, source, body);
      const accepted = await deps.ingest.accept(
        source,
        await wholeOf(request, source, body),
        principalOf(request).name,
      );
      return reply.code(202).send(accepted);
    },
  );

  app.post(
    '/api/v1/webhooks/:source/:variant',
    {
      schema: {
        tags: ['intake'],
        summary: 'Alerts of one source, read in a way that its configuration names',
        params: VariantParams,
        ...answers(202, Accepted),
      },
    },
    async (request, reply) => {
      const { source, variant } = request.params;
      const body = bodyOf(request.body);
      await auth.checkSignature(request, source, body);
      const accepted = await deps.ingest.accept(
        `${source}/${variant}`,
        await plainOf(request, body),
        principalOf(request).name,
      );
      return reply.code(202).send(accepted);
    },
  );

  app.post(
    '/webhook/alert',
    {
      schema: {
        tags: ['intake'],
        summary: 'Alerts of any source, told apart by their shape',
        ...answers(202, Accepted),
      },
    },
    async (request, reply) => {
      const body = bodyOf(request.body);
      await auth.checkSignature(request, null, body);
      const accepted = await deps.ingest.acceptAny(await wholeOf(request, null, body), principalOf(request).name);
      return reply.code(202).send(accepted);
    },
  );
}

function bodyOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : NOTHING;
}
