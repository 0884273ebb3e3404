import { z } from 'zod';
import type { ExecutorSpec } from '../../src/domain/executor.js';
import { Playbook } from '../../src/domain/playbook/playbook.js';

/** A JSON schema, as far as the generators look into it. */
export interface JsonSchema {
  [key: string]: unknown;
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  required?: string[];
}

/** What an author may write, as draft 2020-12. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const made = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' }) as JsonSchema;
  delete made.$schema;
  return made;
}

const TEMPLATE = { $ref: '#/$defs/template' };

/** The schema that editors complete and check playbooks with. The service itself checks far more. */
export function playbookSchema(kinds: ReadonlyMap<string, ExecutorSpec>): JsonSchema {
  const schema = jsonSchemaOf(Playbook);
  const task = schema.properties?.tasks?.items;
  if (!task?.properties) throw new Error('the playbook schema has no tasks');
  const names = [...kinds.keys()].sort();
  task.properties.type = {
    description: "An executor's kind; case does not matter",
    anyOf: [{ enum: names }, { pattern: `^(${names.map(anyCase).join('|')})$` }],
  };
  task.allOf = names.flatMap((name) => {
    const spec = kinds.get(name);
    return spec ? [taskOfKind(spec)] : [];
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Fixpoint playbook',
    ...schema,
    $defs: { template: { description: 'Text with {{ an expression }}', type: 'string', pattern: '\\{\\{' } },
  };
}

function taskOfKind(spec: ExecutorSpec): JsonSchema {
  const input = jsonSchemaOf(spec.input);
  const { action, ...parameters } = input.properties ?? {};
  const required = (input.required ?? []).filter((key) => key !== 'action');
  const takesAction = spec.takes_action === true;
  return {
    if: { properties: { type: { pattern: `^${anyCase(spec.kind)}$` } }, required: ['type'] },
    then: {
      properties: {
        action: takesAction && action ? action : { description: `${spec.kind} takes no action`, not: {} },
        parameters: {
          description: spec.title,
          type: 'object',
          properties: Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, orTemplate(value)])),
          ...(required.length > 0 ? { required } : {}),
          additionalProperties: input.additionalProperties ?? true,
        },
      },
      ...((takesAction || required.length > 0) && {
        required: [...(takesAction ? ['action'] : []), ...(required.length > 0 ? ['parameters'] : [])],
      }),
    },
  };
}

/** Wherever a value may stand, an expression for it may stand too. */
function orTemplate(schema: JsonSchema): JsonSchema {
  const { description, ...rest } = schema;
  const deeper: JsonSchema = {
    ...rest,
    ...(rest.items && { items: orTemplate(rest.items) }),
    ...(typeof rest.additionalProperties === 'object' && {
      additionalProperties: orTemplate(rest.additionalProperties),
    }),
    ...(rest.properties && {
      properties: Object.fromEntries(Object.entries(rest.properties).map(([key, value]) => [key, orTemplate(value)])),
    }),
  };
  return { ...(description === undefined ? {} : { description }), anyOf: [deeper, TEMPLATE] };
}

function anyCase(word: string): string {
  return word.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}
