#!/usr/bin/env node
// Builds what `npm start` needs: dist/ from src/, the programs in few files, the web pages, and the prebuilt data directory that a first start copies.
// npm runs it after `npm ci` (prepare), `npx fixpoint` runs it again, so it must be quick and silent when nothing has changed,
// and harmless where the compiler is absent (`npm ci --omit=dev` in an image that brings its own dist/).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle } from './bundle.mjs';
import { keepCode } from './code-cache.mjs';
import { buildWeb } from './web.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(ROOT, 'dist');
const SRC = join(ROOT, 'src');
const RECORD = join(DIST, '.tsbuildinfo');
const BUILT_KEY = join(DIST, '.built');
const COMPILE_LIMIT_MS = 300_000;
const WEB = join(DIST, 'web');
const SEED = join(DIST, 'seed');
const SEED_KEY = join(DIST, 'seed.key');
const SEED_LIMIT_MS = 120_000;

/** Runs a node program to its end; its output is shown. Answers whether it succeeded. */
function runNode(args, timeout) {
  const done = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], timeout });
  if (done.error) console.error(`error: ${args[0]}: ${done.error.message}`);
  return done.status === 0;
}

/** The installed compiler's command, or null where development dependencies were left out. */
function findCompiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    return null;
  }
}

function compile() {
  if (!existsSync(SRC)) return true;
  const compiler = findCompiler();
  if (compiler === null) {
    if (existsSync(join(DIST, 'cli.js'))) return true;
    console.error(
      'note: typescript is not installed and dist/ is empty: run `npm ci` without --omit=dev, or copy a built dist/',
    );
    return true;
  }
  const key = sourcesKey();
  if (isOutputWhole()) {
    if (existsSync(BUILT_KEY) && readFileSync(BUILT_KEY, 'utf8') === key) return true;
  } else {
    // The compiler believes its record: outputs that were deleted would never be written again.
    rmSync(RECORD, { force: true });
  }
  rmSync(BUILT_KEY, { force: true });
  if (!runNode([compiler, '-p', 'tsconfig.build.json'], COMPILE_LIMIT_MS)) return false;
  writeFileSync(BUILT_KEY, key);
  return true;
}

/** Every file that the compiler looks at, by name, size and time: asking the compiler itself takes two seconds. */
function sourcesKey() {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  };
  for (const path of sources()) add(path);
  for (const name of ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json'])
    add(join(ROOT, name));
  return hash.digest('hex');
}

function sources() {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith(`web${sep}`))
    .map((name) => join(SRC, name))
    .sort();
}

function isOutputWhole() {
  return sources().every((path) => existsSync(join(DIST, relative(SRC, path).replace(/\.ts$/, '.js'))));
}

/** Outputs of sources that are gone would still be importable, and hide that something refers to them. */
function removeOrphans(folder = DIST) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (path !== SEED && path !== WEB) removeOrphans(path);
      continue;
    }
    const match = /^(.*)\.js(\.map)?$/.exec(path.slice(DIST.length));
    if (match && !existsSync(join(SRC, `${match[1]}.ts`))) rmSync(path);
  }
}

function makeExecutable() {
  for (const name of ['cli.js', 'cli.bundle.mjs']) {
    const cli = join(DIST, name);
    if (existsSync(cli)) chmodSync(cli, 0o755);
  }
}

/** What the seed is made of: the migrations, the embedded database, and the code that builds it. Null when there is no such code yet. */
function seedKey(builder) {
  const hash = createHash('sha256');
  const migrations = join(ROOT, 'migrations');
  if (existsSync(migrations)) {
    for (const name of readdirSync(migrations).sort())
      hash
        .update(name)
        .update('\0')
        .update(readFileSync(join(migrations, name)));
  }
  for (const part of [builder, join(DIST, 'store', 'migrate.js'), join(DIST, 'store', 'postgres', 'embedded.js')]) {
    if (existsSync(part)) hash.update(readFileSync(part));
  }
  hash.update(readFileSync(join(ROOT, 'node_modules', '@electric-sql', 'pglite', 'package.json')));
  return hash.digest('hex');
}

function buildSeed() {
  const builder = join(DIST, 'store', 'seed.js');
  if (!existsSync(builder)) return true;
  const key = seedKey(builder);
  if (existsSync(SEED) && existsSync(SEED_KEY) && readFileSync(SEED_KEY, 'utf8') === key) return true;
  // The key goes first and comes last: whatever interrupts the build, a half-made seed is never taken for a whole one.
  rmSync(SEED_KEY, { force: true });
  rmSync(SEED, { recursive: true, force: true });
  const target = `${SEED}.${process.pid}.tmp`;
  try {
    // In a child, because the embedded database keeps several hundred megabytes once it has made a data directory.
    const code = `const { buildSeed } = await import(${JSON.stringify(pathToFileURL(builder).href)}); await buildSeed(process.argv[1], process.argv[2]);`;
    if (!runNode(['--input-type=module', '--eval', code, target, join(ROOT, 'migrations')], SEED_LIMIT_MS))
      return false;
    if (!existsSync(target)) {
      console.error('error: the seed of the embedded store was not written');
      return false;
    }
    renameSync(target, SEED);
    writeFileSync(SEED_KEY, key);
    return true;
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

async function prepare() {
  if (!compile()) return 1;
  if (!existsSync(DIST)) return 0;
  if (existsSync(SRC)) {
    removeOrphans();
    if (!(await bundle(ROOT, sourcesKey()))) return 1;
    if (!(await buildWeb(ROOT))) return 1;
  }
  makeExecutable();
  if (!buildSeed()) return 1;
  // Last, because it starts what was built.
  keepCode(ROOT);
  return 0;
}

process.exitCode = await prepare();
