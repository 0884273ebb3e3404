// Runs a bundled program. It lies in dist/ beside the bundles, which are CommonJS because only scripts can be compiled from what V8 kept of an
// earlier compilation (https://nodejs.org/docs/latest-v20.x/api/vm.html#scriptcreatecacheddata); compiling is a third of a start otherwise.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import vm from 'node:vm';

const FOLDER = import.meta.dirname;
const requireOutside = createRequire(import.meta.url);
const modules = new Map();

/** Runs the bundle `name` of this folder once, and answers its exports. */
export function load(name) {
  const loaded = modules.get(name);
  if (loaded) return loaded.module.exports;
  const filename = join(FOLDER, name);
  // A cache that is missing, or of another V8 or other flags, only costs the time to compile. V8 compares no more of the source than its length:
  // names tell contents, so a cache is never that of another source.
  const source = readFileSync(filename, 'latin1'); // bundles are ASCII
  const parameters = 'exports, require, module, __filename, __dirname, importOutside';
  const script = new vm.Script(`(function (${parameters}) {${source}\n})`, {
    filename,
    cachedData: readIfThere(cacheOf(filename)),
  });
  const module = { exports: {} };
  modules.set(name, { module, script, filename });
  const run = script.runInThisContext();
  run.call(module.exports, module.exports, requireFromBundle, module, filename, FOLDER, importOutside);
  return module.exports;
}

function requireFromBundle(id) {
  return /^\.\/.*\.bundle\.cjs$/.test(id) ? load(id.slice(2)) : requireOutside(id);
}

/** `import()`, which a script that comes out of a cache cannot call. */
function importOutside(id) {
  return import(id);
}

/** Keeps what V8 has compiled by now of each bundle that ran without a cache, for the next process; answers of how many. */
export function keepCompiled() {
  let kept = 0;
  for (const { script, filename } of modules.values()) {
    if (script.cachedDataRejected === false) continue;
    const fresh = `${cacheOf(filename)}.${process.pid}.tmp`;
    writeFileSync(fresh, script.createCachedData());
    renameSync(fresh, cacheOf(filename));
    kept += 1;
  }
  return kept;
}

function cacheOf(filename) {
  return filename.replace(/cjs$/, 'v8');
}

function readIfThere(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}
