import { PlaybookTest, PlaybookTestFile } from '../../src/domain/playbook-test.js';
import { jsonSchemaOf } from './json-schema.js';
import type { JsonSchema } from './json-schema.js';

/** The schema that editors complete and check playbook tests with: a list of tests, or one by itself. */
export function playbookTestSchema(): JsonSchema {
  const file = jsonSchemaOf(PlaybookTestFile);
  const test = jsonSchemaOf(PlaybookTest);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Fixpoint playbook tests',
    if: { required: ['tests'] },
    then: { ...file, properties: { tests: { ...file.properties?.tests, items: { $ref: '#/$defs/test' } } } },
    else: { $ref: '#/$defs/test' },
    $defs: { test },
  };
}
