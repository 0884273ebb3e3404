import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Alert } from '../domain/alert.js';
import { Accepted, AlertAnswer, AlertDraft } from '../domain/api/alert.js';
import { ApiError } from '../domain/api/error.js';
import { PlaybookAnswer, PlaybookItem } from '../domain/api/playbook.js';
import { Explanation } from '../domain/api/rule.js';
import { EventAnswer, RunAnswer, RunItem } from '../domain/api/run.js';
import { Decision, RuleExplanation } from '../domain/decision.js';
import { Report } from '../domain/report.js';
import { Rule } from '../domain/rule.js';
import { Step } from '../domain/run.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import type { Api } from './route.js';

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
      security: [{ token: [] }, { basic: [] }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
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
  api.get('/openapi.json', { onRequest, schema: { hide: true } }, (_request, reply) => {
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(api.swagger()));
  });
  // A scope of its own: the page's static files have no other place for a guard.
  api.register((scope, _options, done) => {
    scope.addHook('onRequest', onRequest);
    scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: PAGE_POLICY,
      uiConfig: { docExpansion: 'list', tryItOutEnabled: false },
    });
    done();
  });
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
    PlaybookAnswer,
    PlaybookItem,
    Report,
    Rule,
    RuleExplanation,
    RunAnswer,
    RunItem,
    Step,
  };
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  return registry;
}
