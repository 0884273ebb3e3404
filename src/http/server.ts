import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { HTTP_STATUS } from '../domain/api/error.js';
import type { ErrorCode } from '../domain/errors.js';
import { FixpointError } from '../domain/errors.js';
import { notJson } from '../domain/json-place.js';
import { alertRoutes } from './alerts.js';
import { approvalRoutes } from './approvals.js';
import { Auth, PRINCIPAL } from './auth.js';
import { backtestRoutes } from './backtest.js';
import { connectionRoutes } from './connections.js';
import { deadLetterRoutes } from './dead-letters.js';
import type { HttpDeps, ProbeDeps } from './deps.js';
import { EventStreams } from './event-streams.js';
import { executorRoutes } from './executors.js';
import { inhibitRuleRoutes } from './inhibit-rules.js';
import { maintenanceWindowRoutes } from './maintenance-windows.js';
import { documentRoutes, registerDocument } from './openapi.js';
import { overviewRoutes } from './overview.js';
import { pageRoutes } from './pages.js';
import { payloadRoutes } from './payloads.js';
import { playbookCheckRoutes } from './playbook-checks.js';
import { playbookRoutes } from './playbooks.js';
import { incidentRoutes } from './incidents.js';
import { probeRoutes } from './probes.js';
import { answerError, answerUnknownRoute, answerUnreadRoute, errorText } from './refusal.js';
import { readByZod } from './route.js';
import type { Api } from './route.js';
import { ruleRoutes } from './rules.js';
import { runRoutes } from './runs.js';
import { refuseStrangers } from './same-origin.js';
import { searchRoutes } from './search.js';
import { sessionRoutes } from './session.js';
import { silenceRoutes } from './silences.js';
import { stormRoutes } from './storms.js';
import { systemRoutes } from './system.js';
import { tokenRoutes } from './tokens.js';
import { webhookRoutes } from './webhooks.js';

/** A request that is not here by then was never meant to arrive. */
const REQUEST_WITHIN_MS = 60_000;
const KEEP_ALIVE_MS = 72_000;

type Compilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;

/** Fastify's types want ajv's compilers here; all that it does is to hand them each route's schema. */
const COMPILERS = {
  buildValidator: () => readByZod,
  buildSerializer: () => () => JSON.stringify,
} as unknown as Compilers;

/** The whole HTTP face, not listening yet. `close` ends open event streams and waits for answers under way. */
export function createServer(deps: HttpDeps): FastifyInstance {
  const app = bareServer(deps);
  const auth = new Auth(deps);
  const streams = new EventStreams({ clock: deps.clock, log: deps.log, view: deps.store.runView });
  app.addHook('preClose', (done) => {
    streams.stop();
    done();
  });
  registerDocument(app, deps);
  // Registered, so that the document plugin is there before the first route.
  app.register((scope, _options, done) => {
    webhookRoutes(scope.withTypeProvider(), deps, auth);
    done();
  });
  app.register((scope, _options, done) => {
    const api: Api = scope.withTypeProvider();
    api.addHook('onRequest', refuseStrangers(deps.config.publicUrl));
    readBodiesAsJson(api);
    probeRoutes(api, deps, auth);
    alertRoutes(api, deps, auth);
    payloadRoutes(api, deps, auth);
    runRoutes(api, deps, auth, streams);
    approvalRoutes(api, deps, auth);
    playbookRoutes(api, deps, auth);
    playbookCheckRoutes(api, deps, auth);
    ruleRoutes(api, deps, auth);
    backtestRoutes(api, deps, auth);
    silenceRoutes(api, deps, auth);
    maintenanceWindowRoutes(api, deps, auth);
    inhibitRuleRoutes(api, deps, auth);
    executorRoutes(api, deps, auth);
    deadLetterRoutes(api, deps, auth);
    systemRoutes(api, deps, auth);
    stormRoutes(api, deps, auth);
    overviewRoutes(api, deps, auth);
    searchRoutes(api, deps, auth);
    connectionRoutes(api, deps, auth);
    incidentRoutes(api, deps, auth);
    tokenRoutes(api, deps, auth);
    sessionRoutes(api, deps, auth);
    pageRoutes(api, deps);
    documentRoutes(api, auth);
    done();
  });
  return app;
}

/** What a process without the intake serves: `/healthz`, `/readyz`, `/metrics`. */
export function createProbeServer(deps: ProbeDeps): FastifyInstance {
  const app = bareServer(deps);
  probeRoutes(app.withTypeProvider(), deps, new Auth(deps));
  return app;
}

/** No routes yet; errors have their shape, answers their headers. No request is logged: decisions and changes are, by who makes them. */
function bareServer(deps: ProbeDeps): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: deps.config.bodyLimit,
    requestTimeout: REQUEST_WITHIN_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Fastify's own 503 has another shape than ours; the hook below says it in ours.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 500 },
    // Given here already, so that Fastify does not load its own (ajv, fast-json-stringify) at every start.
    schemaController: { compilersFactory: COMPILERS },
    frameworkErrors: (error, _request, reply) => answerError(error, reply, deps),
    clientErrorHandler: answerBrokenRequest,
  });
  let closing = false;
  app.decorateRequest(PRINCIPAL, null);
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  app.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    reply.raw.setHeader('x-content-type-options', 'nosniff');
    reply.raw.setHeader('x-frame-options', 'DENY');
    reply.raw.setHeader('cache-control', 'no-store');
    if (closing) done(new FixpointError('unavailable', 'this server is stopping'));
    else if (request.is404) answerUnreadRoute(request, reply);
    else done();
  });
  app.setErrorHandler((error, _request, reply) => answerError(error, reply, deps));
  app.setNotFoundHandler(answerUnknownRoute);
  return app;
}

/** Bodies are JSON whatever they call themselves: `curl -d` says it is a form. Refusing strangers' pages is `refuseStrangers`' work. */
function readBodiesAsJson(api: Api): void {
  const utf8 = new TextDecoder();
  api.removeAllContentTypeParsers();
  api.addHook('onRequest', (request, _reply, done) => {
    const encoding = request.headers['content-encoding'];
    delete request.raw.headers['content-type'];
    if (encoding === undefined || encoding.toLowerCase() === 'identity') done();
    else done(new FixpointError('invalid', `Content-Encoding ${encoding.slice(0, 40)} is not understood`));
  });
  api.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    const text = utf8.decode(body as Buffer); // parseAs: 'buffer' promises one
    try {
      done(null, JSON.parse(text));
    } catch {
      // Not the parser's own words: they quote the body.
      const message = `the body is ${notJson(text)}`;
      done(new FixpointError('invalid', message, { details: [{ path: '', message }] }));
    }
  });
}

/** A request that is no HTTP, too long in its headers, or too slow. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  const [code, message]: [ErrorCode, string] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['too_large', 'the request line and headers are larger than 16 KiB']
      : ['invalid', error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'the request took too long' : 'this is not valid HTTP'];
  const body = errorText(code, message);
  const status = HTTP_STATUS[code];
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
