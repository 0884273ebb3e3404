// Puts each program and what it loads at its start into a few files: reading and linking a thousand small modules is most of a start.
// What a start does not need stays where it is, and is loaded from node_modules when it is first used.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { patches } from './bundle-patches.mjs';

/** The programs of dist/; each becomes `<name>.bundle.mjs` beside its module, because paths are found from there. */
const PROGRAMS = ['main', 'cli', 'demo'];
const LOADER = 'bundle-loader.mjs';

/** Loaded on demand, or found by files beside them. */
const STAYS_OUTSIDE = [
  /^@electric-sql\//,
  /^@elastic\//,
  /^@fastify\/swagger-ui/,
  /^@kubernetes\//,
  'kafkajs',
  'nodemailer',
  'thread-stream',
];
const OUTPUT = /\.bundle\.(mjs|cjs|v8)$/;
const RECORD = '.bundled';

/** Brings the bundles of dist up to date with what `key` stands for. Answers false when that failed. */
export async function bundle(root, key) {
  const dist = join(root, 'dist');
  const record = join(dist, RECORD);
  const hash = createHash('sha256').update(key);
  for (const file of ['bundle.mjs', 'bundle-patches.mjs', LOADER])
    hash.update(readFileSync(join(import.meta.dirname, file)));
  const wanted = hash.digest('hex');
  const isWhole = PROGRAMS.every((name) => existsSync(join(dist, `${name}.bundle.mjs`)));
  if (isWhole && existsSync(record) && readFileSync(record, 'utf8') === wanted) return true;
  const found = findBundler();
  // Without development dependencies a built dist/ was brought along, or there is nothing to build from.
  if (found === null) return true;
  rmSync(record, { force: true });
  const fresh = join(dist, `bundle.${process.pid}.tmp`);
  try {
    await write(found, dist, fresh);
    copyFileSync(join(import.meta.dirname, LOADER), join(dist, LOADER));
    takeOver(dist, fresh);
    writeFileSync(record, wanted);
    return true;
  } catch (error) {
    console.error(`error: the programs could not be bundled: ${error.message}`);
    return false;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function findBundler() {
  try {
    return createRequire(import.meta.url).resolve('rolldown');
  } catch {
    return null;
  }
}

async function write(bundler, dist, folder) {
  const { rolldown } = await import(pathToFileURL(bundler).href);
  mkdirSync(folder, { recursive: true });
  const built = await rolldown({
    input: Object.fromEntries(PROGRAMS.map((name) => [name, join(dist, `${name}.js`)])),
    external: STAYS_OUTSIDE,
    platform: 'node',
    logLevel: 'warn',
    plugins: [patches()],
  });
  const { output } = await built.write({
    dir: folder,
    format: 'cjs',
    entryFileNames: '[name]-[hash].bundle.cjs',
    chunkFileNames: '[name]-[hash].bundle.cjs',
  });
  await built.close();
  for (const { fileName, isEntry, name } of output) {
    const file = join(folder, fileName);
    writeFileSync(file, asAscii(asScript(readFileSync(file, 'utf8'))));
    if (isEntry) writeFileSync(join(folder, `${name}.bundle.mjs`), programOf(fileName));
  }
}

/** What the loader can run: without a first line for the shell, and with the loader's own `import()` (comments name files with types in it). */
function asScript(code) {
  const script = code.replace(/^#!/, '//').replace(/\bimport\((?=(['"])[^.])/g, 'importOutside(');
  const left = /\bimport\((?!['"]\.).{0,40}/.exec(script);
  if (left) throw new Error(`an import of what is not known beforehand: ${left[0]}`);
  return script;
}

function programOf(bundle) {
  return `#!/usr/bin/env node\nimport { load } from './${LOADER}';\n\nload('${bundle}');\n`;
}

/**
 * V8 keeps a source with a single character beyond Latin 1 in two bytes a character: escapes make it half as large in memory. They mean the same
 * in strings, templates, regular expressions and names; only what is read raw would show them, so that is refused.
 */
function asAscii(code) {
  if (/String\.raw`[^`]*[^\0-\x7f]/.test(code)) throw new Error('String.raw with a character that is not ASCII');
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Chunks first, programs last: whatever interrupts it, a program finds its chunks. */
function takeOver(dist, fresh) {
  const made = readdirSync(fresh);
  const isProgram = (name) => PROGRAMS.includes(name.replace(OUTPUT, ''));
  for (const name of [...made.filter((name) => !isProgram(name)), ...made.filter(isProgram)])
    renameSync(join(fresh, name), join(dist, name));
  for (const name of readdirSync(dist)) if (OUTPUT.test(name) && !made.includes(name)) rmSync(join(dist, name));
}
