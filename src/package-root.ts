import { fileURLToPath } from 'node:url';

/** Where package.json, migrations and playbooks stand. This file stays directly in src/: the bundle looks from the same depth. */
export const PACKAGE_ROOT = fileURLToPath(new URL('..', import.meta.url));
