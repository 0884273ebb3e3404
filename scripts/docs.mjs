#!/usr/bin/env node
// Writes docs/playbooks.md and docs/playbook-schema.json from the schemas. `npm test` fails while they differ from what is committed.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');

const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/docs'], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, FIXPOINT_WRITE_DOCS: '1' },
});
process.exit(status ?? 1);
