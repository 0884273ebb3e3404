import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { executorSpecs } from '../../src/executor/registry.js';
import { playbookSchema } from './json-schema.js';
import { playbookReference } from './reference.js';
import { playbookTestSchema } from './test-schema.js';

const DOCS = join(import.meta.dirname, '../../docs');

/** `scripts/docs.mjs` sets this: the files are written, not compared. */
const writes = process.env.FIXPOINT_WRITE_DOCS === '1';

describe('the generated documentation', () => {
  it.each([
    ['playbook-schema.json', () => `${JSON.stringify(playbookSchema(executorSpecs), null, 2)}\n`],
    ['playbook-test-schema.json', () => `${JSON.stringify(playbookTestSchema(), null, 2)}\n`],
    ['playbooks.md', () => playbookReference(executorSpecs)],
  ])('%s is what the schemas say now (if not: node scripts/docs.mjs)', (file, generate) => {
    const generated = generate();
    if (writes) writeFileSync(join(DOCS, file), generated);
    expect(readFileSync(join(DOCS, file), 'utf8')).toBe(generated);
  });
});

describe('the schema for editors', () => {
  it('knows every kind in any case, and lets an expression stand for any parameter', () => {
    const task = playbookSchema(executorSpecs).properties?.tasks?.items;
    const kinds = task?.properties?.type?.anyOf?.[1] as { pattern: string };
    for (const kind of ['api_call', 'API_Call', 'KUBERNETES_SCALE']) expect(kind).toMatch(new RegExp(kinds.pattern));
    expect('api_cal').not.toMatch(new RegExp(kinds.pattern));
    const scale = JSON.stringify(
      task?.allOf?.find((branch) => JSON.stringify(branch.if).includes('kK][uU')) ?? task?.allOf,
    );
    expect(scale).toContain('replicas_increase');
    expect(scale).toContain('#/$defs/template');
  });
});
