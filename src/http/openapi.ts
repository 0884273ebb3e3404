import swagger from '@fastify/swagger';
import type { StaticDocumentSpec } from '@fastify/swagger';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Alert } from '../domain/alert/alert.js';
import { Accepted, AlertAnswer, AlertDraft } from '../domain/api/alert.js';
import { ApiError } from '../domain/api/error.js';
import { PlaybookAnswer, PlaybookItem } from '../domain/api/playbook.js';
import { Explanation } from '../domain/api/rule.js';
import { EventAnswer, RunAnswer, RunItem } from '../domain/api/run.js';
import { InhibitRuleAnswer, SilenceAnswer, WindowAnswer } from '../domain/api/suppression.js';
import { Decision, RuleExplanation } from '../domain/decision/decision.js';
import { Report } from '../domain/run/report.js';
import { Incident, IncidentDetail } from '../domain/incident/incident.js';
import { Rule } from '../domain/rule/rule.js';
import { Step } from '../domain/run/run.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import type { Api } from './route.js';
import { SESSION_COOKIE } from './session-cookie.js';

const DESCRIPTION = `Alerts come in by webhooks, playbooks run, reports go out.

Every request but \`/healthz\` and \`/readyz\` needs a token: \`Authorization: Bearer <token>\`, or Basic with the token as password.
Webhooks may be signed instead. Lists are newest first, at most 200 items an answer; \`next_cursor\` leads to the next page.`;

/** Swagger UI sets styles on elements; everything it loads is served from here. */
const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Collects every later route for the OpenAPI document. Must be registered before them. */
export function registerDocument(app: FastifyInstance, deps: HttpDeps): void {
  const schemaRegistry = componentNames();
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Fixpoint', description: DESCRIPTION, version: deps.version },
      ...(deps.config.publicUrl === null ? {} : { servers: [{ url: deps.config.publicUrl }] }),
      security: [{ token: [] }, { basic: [] }, { session: [] }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: SESSION_COOKIE,
            description: 'Set by POST /api/v1/session; whatever changes something needs X-Fixpoint-CSRF besides',
          },
          basic: { type: 'http', scheme: 'basic', description: 'The token as password; any user name' },
        },
      },
    },
    transform: createJsonSchemaTransform({ schemaRegistry, zodToJsonConfig: { unrepresentable: 'any' } }),
    transformObject: createJsonSchemaTransformObject({ schemaRegistry, zodToJsonConfig: { unrepresentable: 'any' } }),
  });
}

/** `/openapi.json` and the page at `/docs`. */
export function documentRoutes(api: Api, auth: Auth): void {
  const onRequest = auth.require('read');
  let page: Promise<FastifyInstance> | null = null;
  const show = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    page ??= openPage(api.swagger());
    const opened = await page;
    reply.hijack();
    opened.routing(request.raw, reply.raw);
    return reply;
  };

  api.get('/openapi.json', { onRequest, schema: { hide: true } }, (_request, reply) => {
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(api.swagger()));
  });
  api.get('/docs', { onRequest, schema: { hide: true } }, show);
  api.get('/docs/*', { onRequest, schema: { hide: true } }, show);
  api.addHook('onClose', async () => {
    await (await page)?.close();
  });
}

/**
 * A server within the server, opened when somebody looks at the page for the first time: registering Swagger UI reads its files and
 * costs a start 40 to 100 ms. Nobody reaches it but through the guarded routes.
 */
async function openPage(document: ReturnType<Api['swagger']>): Promise<FastifyInstance> {
  const { default: swaggerUi } = await import('@fastify/swagger-ui');
  const page = Fastify({ logger: false });
  const specification = { document: document as StaticDocumentSpec['document'] }; // made by the same plugin, whose type says less
  await page.register(swagger, { mode: 'static', specification });
  await page.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: PAGE_POLICY,
    uiConfig: { docExpansion: 'list', tryItOutEnabled: false },
  });
  await page.ready();
  return page;
}

function componentNames() {
  const registry = z.registry<{ id: string }>();
  const named = {
    Alert,
    AlertAnswer,
    AlertDraft,
    Accepted,
    ApiError,
    Decision,
    EventAnswer,
    Explanation,
    Incident,
    IncidentDetail,
    InhibitRuleAnswer,
    MaintenanceWindow: WindowAnswer,
    PlaybookAnswer,
    PlaybookItem,
    Report,
    Rule,
    RuleExplanation,
    RunAnswer,
    RunItem,
    SilenceAnswer,
    Step,
  };
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  return registry;
}
