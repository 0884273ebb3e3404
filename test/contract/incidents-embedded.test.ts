import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openStore } from '../../src/store/open.js';
import { ids } from '../helper/store-world.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { incidentSuite } from './incident-suite.js';

const directory = mkdtempSync(join(tmpdir(), 'fixpoint-incidents-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

incidentSuite('the embedded store', () =>
  openStore({
    url: null,
    directory,
    seed: null,
    migrations: 'migrations',
    clock: SYSTEM_CLOCK,
    ids,
    hears: true,
    onError: (error) => {
      throw error;
    },
  }),
);
