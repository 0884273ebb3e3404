import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpDeps } from './deps.js';
import { answerUnknownRoute, RETRY_AFTER_S } from './refusal.js';
import type { Api } from './route.js';
import { secretOf } from './session-cookie.js';
import { WebFiles } from './web-files.js';
import type { WebFile } from './web-files.js';

/** The addresses of the pages, each with all that is below it. The one document that they are finds out which it is. */
const PAGES = [
  '/alerts',
  '/runs',
  '/approvals',
  '/playbooks',
  '/rules',
  '/incidents',
  '/silences',
  '/system',
  '/settings',
] as const;

/** Everything that pages load is served from here, and nothing in a page is run or styled by text within it. */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=(), midi=()',
} as const;

const NOT_BUILT = `The web pages are not built: there is no index.html where they should be.

Build them with \`npm run build\` in Fixpoint's folder (\`npm ci\` does it, too), then load this page again; nothing needs to be restarted.
The REST API works without them: its reference is at /docs.
`;

/** The web pages. What they are made of needs no credential; what they show comes through the API. */
export function pageRoutes(app: Api, deps: Pick<HttpDeps, 'config'>): void {
  const files = new WebFiles(deps.config.webDir);
  const hidden = { schema: { hide: true } } as const;
  const page = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const isStranger = request.headers.authorization === undefined && secretOf(request) === null;
    const file = await files.page(isStranger ? undefined : request.headers['accept-encoding']);
    if (file === null) return notBuilt(reply);
    return send(request, reply, isStranger ? forStrangers(file) : file, 'no-cache', 'accept-encoding, cookie');
  };
  for (const path of ['/', ...PAGES.flatMap((path) => [path, `${path}/*`])]) app.get(path, hidden, page);

  app.get<{ Params: { '*': string } }>('/assets/*', hidden, async (request, reply) => {
    const file = await files.file(`assets/${request.params['*']}`, request.headers['accept-encoding']);
    if (file === null) return unknown(request, reply);
    // Their names hold a hash of what is in them.
    return send(request, reply, file, 'public, max-age=31536000, immutable');
  });
  app.get<{ Params: { file: string } }>('/:file', hidden, async (request, reply) => {
    const file = await files.file(request.params.file, request.headers['accept-encoding']);
    return file === null ? unknown(request, reply) : send(request, reply, file, 'no-cache');
  });
}

/** The document says so where no cookie came: its page offers the sign-in without asking first who is there. */
function forStrangers(file: WebFile): WebFile {
  const body = Buffer.from(file.body.toString('utf8').replace('<html', '<html data-signed-out'));
  return { ...file, body, etag: file.etag.replace(/"$/, '-out"') };
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  file: WebFile,
  cacheControl: string,
  vary = 'accept-encoding',
): FastifyReply {
  const { body, type, encoding, etag } = file;
  reply.headers({ ...PAGE_HEADERS, 'cache-control': cacheControl, etag, vary });
  if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send();
  if (encoding !== null) reply.header('content-encoding', encoding);
  return reply.type(type).send(body);
}

function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => part.trim() === '*' || part.trim().replace(/^W\//, '') === etag);
}

function notBuilt(reply: FastifyReply): FastifyReply {
  const headers = { ...PAGE_HEADERS, 'retry-after': String(RETRY_AFTER_S) };
  return reply.code(503).headers(headers).type('text/plain; charset=utf-8').send(NOT_BUILT);
}

function unknown(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  answerUnknownRoute(request, reply);
  return reply;
}
