import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brokenRules } from './helper/arrows.js';
import type { Floor, House } from './helper/arrows.js';

const VERBS = ['ingest', 'triage', 'schedule', 'report', 'learn', 'oncall'];
const IMPURE = ['Date.now', 'new Date()', 'setTimeout', 'setInterval', 'process', 'fetch', 'performance', 'globalThis'];

/** Who may import whom. An arrow never runs up, and files directly in src/ and those of src/app/ are the roof: they may import everything. */
const FLOORS: readonly Floor[] = [
  {
    floor: 'the ground',
    folders: ['domain'],
    may_import: [],
    node: [],
    banned: [...IMPURE, 'Math.random', 'crypto'],
  },
  // Hashing is pure; everything else of Node is a place's business.
  { floor: 'a verb', folders: VERBS, may_import: ['domain'], node: ['crypto', 'buffer', 'zlib'], banned: IMPURE },
  {
    floor: 'a place',
    folders: ['source', 'bus', 'catalog', 'executor', 'notifier', 'store'],
    may_import: ['domain'],
    node: 'any',
    banned: ['Date.now', 'new Date()', 'setTimeout', 'setInterval'],
  },
  // The verbs at work with nothing behind them: what else they need comes from the roof.
  {
    floor: 'the rehearsal',
    folders: ['rehearsal'],
    may_import: ['domain', ...VERBS],
    node: ['crypto'],
    banned: IMPURE,
  },
  { floor: 'a face', folders: ['cli', 'demo'], may_import: ['domain'], node: 'any', banned: [] },
  // Pages run in a browser: nothing of Node there.
  { floor: 'the pages', folders: ['web'], may_import: ['domain'], node: [], banned: ['process'] },
  { floor: 'the HTTP face', folders: ['http'], may_import: ['domain', ...VERBS], node: 'any', banned: [] },
];

/** Plug-ins: each sub-folder stands alone. */
const STRANGERS = ['executor', 'notifier'];

/** Each foreign package has one home (or a few, said here). The roof may import every one of them. */
const HOMES: House['homes'] = {
  zod: ['*'],
  '@marcbachmann/cel-js': ['domain'],
  re2js: ['domain', ...VERBS, 'source', 'catalog'],
  luxon: ['domain', ...VERBS, 'source'],
  croner: ['domain', ...VERBS],
  'ipaddr.js': ['source', 'executor', 'notifier', 'http'],
  kafkajs: ['bus'],
  pg: ['store', 'executor/database'],
  '@electric-sql/pglite': ['store'],
  yaml: ['catalog'],
  undici: ['executor', 'notifier', 'source', 'cli', 'demo'],
  '@kubernetes/client-node': ['executor/kubernetes'],
  '@elastic/elasticsearch': ['executor/elasticsearch'],
  '@elastic/transport': ['executor/elasticsearch'],
  nodemailer: ['notifier/email'],
  fastify: ['http'],
  '@fastify/swagger': ['http'],
  '@fastify/swagger-ui': ['http'],
  'fastify-type-provider-zod': ['http'],
  'prom-client': ['http'],
  commander: ['cli'],
  pino: ['http'],
  react: ['web'],
  'react-dom': ['web'],
  wouter: ['web'],
  '@tanstack/react-query': ['web'],
  '@xyflow/react': ['web'],
  '@dagrejs/dagre': ['web'],
};

/** Built into the files that browsers get, so that nobody installs them for production. */
const BUILT_IN = ['react', 'react-dom', 'wouter', '@tanstack/react-query', '@xyflow/react', '@dagrejs/dagre'];

const ROOT = join(import.meta.dirname, '..');

/** The parts of package.json that this test reads. */
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

function readSources(): Map<string, string> {
  const names = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = names.filter((name) => /\.tsx?$/.test(name)).map((name) => `src/${name.replaceAll('\\', '/')}`);
  return new Map(sources.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}

function theHouse(): House {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
  const dependencies = [...Object.keys(manifest.dependencies), ...BUILT_IN];
  return { floors: FLOORS, strangers: STRANGERS, homes: HOMES, dependencies };
}

describe('the house', () => {
  it('has no arrow up, no circle, no package outside its home', () => {
    const sources = readSources();

    const broken = brokenRules(sources, theHouse());

    expect(sources.size).toBeGreaterThan(10);
    expect(broken).toEqual([]);
  });

  it('shows the pages nothing of the domain but the API, how its sentences are said and what a retry begins anew, and only what carries no schema library', () => {
    const arrows = [...readSources()].flatMap(([path, text]) =>
      path.startsWith('src/web/') && !/\.test\.tsx?$/.test(path)
        ? [...text.matchAll(/import (type )?[^;]*?from '((?:\.\.\/)+domain\/[^']+)'/g)].map(([, type, target]) => ({
            path,
            type: type !== undefined,
            target: target ?? '',
          }))
        : [],
    );

    expect(arrows.length).toBeGreaterThan(0);
    const bare = (target: string): boolean =>
      /domain\/(api\/event-line|run\/left-undone|run\/proof|said\/[\w-]+)\.js$/.test(target);
    expect(arrows.filter(({ type, target }) => !type && !bare(target))).toEqual([]);
  });

  it('has a home for every package that production installs', () => {
    expect(theHouse().dependencies.filter((name) => !(name in HOMES))).toEqual([]);
  });
});

describe('the checker', () => {
  /** What the rules say about a made-up tree; every file not shown exists and is empty. */
  function broken(tree: Record<string, string>, others: readonly string[] = []): string[] {
    return brokenRules(new Map([...Object.entries(tree), ...others.map((path) => [path, ''] as const)]), theHouse());
  }

  it('finds an arrow up, also of a type alone', () => {
    const tree = { 'src/domain/alert.ts': "import type { Row } from '../store/rows.js';" };

    expect(broken(tree, ['src/store/rows.ts'])).toEqual([
      'src/domain/alert.ts → src/store/rows.ts: the ground may not import store/',
    ]);
  });

  it.each([
    ['an import', "import { x } from '../triage/match.js';"],
    ['an import for its effect', "import '../triage/match.js';"],
    ['a re-export', "export { x } from '../triage/match.js';"],
    ['a re-export of a type', "export type { X } from '../triage/match.js';"],
    ['an import on demand', "export const load = () => import('../triage/match.js');"],
    ['an inline type', "export type X = import('../triage/match.js').X;"],
    ['a require', "export const x = require('../triage/match.js');"],
  ])('reads %s', (_what, text) => {
    expect(broken({ 'src/ingest/intake.ts': text }, ['src/triage/match.ts'])).toEqual([
      'src/ingest/intake.ts → src/triage/match.ts: a verb may not import triage/',
    ]);
  });

  it('refuses an import whose target cannot be read', () => {
    expect(broken({ 'src/bus/kafka.ts': 'export const load = (name: string) => import(name);' })).toEqual([
      'src/bus/kafka.ts: import() of something that cannot be read here',
    ]);
  });

  it('keeps places, faces and the roof apart', () => {
    const tree = {
      'src/bus/memory.ts': "import '../store/triage.js';",
      'src/cli/runs.ts': "import '../triage/match.js';",
      'src/http/server.ts': "import '../triage/match.js'; import '../store/triage.js';",
      'src/store/triage.ts': "import '../config.js';",
      'src/main.ts': "import './store/triage.js'; import './http/server.js';",
    };

    expect(broken(tree, ['src/triage/match.ts', 'src/config.ts'])).toEqual([
      'src/bus/memory.ts → src/store/triage.ts: a place may not import store/',
      'src/cli/runs.ts → src/triage/match.ts: a face may not import triage/',
      'src/http/server.ts → src/store/triage.ts: the HTTP face may not import store/',
      'src/store/triage.ts → src/config.ts: the roof is not imported from below',
    ]);
  });

  it('keeps plug-ins strangers, and lets them share what lies beside them', () => {
    const tree = {
      'src/executor/api/api.ts': "import '../request.js'; import '../ssh/ssh.js';",
      'src/executor/registry.ts': "import './api/api.js'; import './ssh/ssh.js';",
    };

    expect(broken(tree, ['src/executor/request.ts', 'src/executor/ssh/ssh.ts'])).toEqual([
      'src/executor/api/api.ts → src/executor/ssh/ssh.ts: executor/api and executor/ssh do not know one another',
    ]);
  });

  it('sends a foreign package home', () => {
    const tree = {
      'src/store/postgres/db.ts': "import pg from 'pg'; import { Kafka } from 'kafkajs';",
      'src/executor/database/check.ts': "import pg from 'pg'; import type { X } from 'vitest';",
      'src/executor/elasticsearch/logs.ts': "await import('@elastic/elasticsearch/lib/api/types');",
      'src/domain/rule.ts': "import { RE2JS } from 're2js'; import { readFileSync } from 'node:fs';",
      'src/main.ts': "import pino from 'pino';",
    };

    expect(broken(tree)).toEqual([
      'src/domain/rule.ts → node:fs: not on this floor (the ground)',
      "src/executor/database/check.ts → vitest: is not among package.json's dependencies",
      'src/store/postgres/db.ts → kafkajs: its home is bus',
    ]);
  });

  it('finds a circle, and shows the way round', () => {
    const tree = {
      'src/domain/a.ts': "import type { B } from './b.js';",
      'src/domain/b.ts': "export type { C } from './c.js';",
      'src/domain/c.ts': "import type { A } from './a.js';",
      'src/domain/d.ts': "import './a.js';",
    };

    expect(broken(tree)).toEqual(['circle: src/domain/a.ts → src/domain/b.ts → src/domain/c.ts → src/domain/a.ts']);
  });

  it('finds time, timers, the process and requests where they do not belong', () => {
    const text = [
      'const at = Date.now();',
      'const now = new Date();',
      'setTimeout(() => at, 1);',
      'export const name = process.env.NAME;',
      'export const answer = fetch("http://x");',
      'globalThis.setTimeout(() => at, 1);',
    ].join('\n');

    expect(broken({ 'src/triage/match.ts': text })).toEqual([
      'src/triage/match.ts:1: Date.now does not belong on this floor (a verb)',
      'src/triage/match.ts:2: new Date() does not belong on this floor (a verb)',
      'src/triage/match.ts:3: setTimeout does not belong on this floor (a verb)',
      'src/triage/match.ts:4: process does not belong on this floor (a verb)',
      'src/triage/match.ts:5: fetch does not belong on this floor (a verb)',
      'src/triage/match.ts:6: globalThis does not belong on this floor (a verb)',
    ]);
  });

  it('is not fooled by what only looks like it', () => {
    const text = [
      'interface Step { process: string; fetch(): void }',
      'export function f(step: Step, clock: { now(): number }, fetch: () => string): string {',
      '  step.fetch();',
      '  return step.process + new Date(clock.now()).toISOString() + fetch(); // Date.now()',
      '}',
    ].join('\n');

    expect(broken({ 'src/domain/step.ts': text })).toEqual([]);
  });

  it('lets a test import what it likes, and nobody import a test', () => {
    const tree = {
      'src/bus/kafka.test.ts': "import '../store/triage.js'; import { it } from 'vitest';",
      'src/bus/kafka.ts': "import './kafka.test.js';",
      'src/bus/lost.ts': "import './nowhere.js'; import '../../test/helper/until.js';",
    };

    expect(broken(tree, ['src/store/triage.ts'])).toEqual([
      'src/bus/kafka.ts → src/bus/kafka.test.ts: a test is not there to be imported',
      'src/bus/lost.ts → src/bus/nowhere.ts: there is no such file',
      'src/bus/lost.ts → test/helper/until.ts: leaves src/',
    ]);
  });

  it('asks for a floor for every folder', () => {
    expect(broken({ 'src/misc/things.ts': "import 'zod';" })).toEqual([
      'src/misc/things.ts: its folder stands on no floor',
    ]);
  });
});
