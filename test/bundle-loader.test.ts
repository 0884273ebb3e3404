import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fixpoint-loader-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `code`, which has the loader of `folder` as `loader`, in a process of its own. */
function run(code: string, flags: readonly string[] = []): { readonly out: string; readonly err: string } {
  const loader = JSON.stringify(join(folder, 'bundle-loader.mjs'));
  const program = `const loader = await import(${loader}); ${code}`;
  const done = spawnSync(process.execPath, [...flags, '--input-type=module', '--eval', program], { encoding: 'utf8' });
  return { out: done.stdout.trim(), err: done.stderr };
}

describe('a bundle', () => {
  const PRINT = `const { told } = loader.load('a.bundle.cjs'); console.log(await told());`;
  const KEEP = `${PRINT} console.log('kept ' + loader.keepCompiled());`;
  const WHOLE = 'from b once, outside 7, late 9, {}';

  beforeEach(() => {
    cpSync(join(ROOT, 'scripts', 'bundle-loader.mjs'), join(folder, 'bundle-loader.mjs'));
    mkdirSync(join(folder, 'node_modules', 'outside'), { recursive: true });
    writeFileSync(join(folder, 'node_modules', 'outside', 'index.js'), 'module.exports = 7;');
    mkdirSync(join(folder, 'node_modules', 'late'), { recursive: true });
    writeFileSync(
      join(folder, 'node_modules', 'late', 'package.json'),
      '{"name":"late","type":"module","exports":"./i.js"}',
    );
    writeFileSync(join(folder, 'node_modules', 'late', 'i.js'), 'export default 9;');
    writeFileSync(join(folder, 'b.bundle.cjs'), `globalThis.runs = (globalThis.runs ?? 0) + 1; exports.b = 'from b';`);
    writeFileSync(
      join(folder, 'a.bundle.cjs'),
      `const { b } = require('./b.bundle.cjs'); require('./b.bundle.cjs'); const outside = require('outside');
      exports.told = async () => [b + (globalThis.runs === 1 ? ' once' : ' again'), 'outside ' + outside,
        'late ' + (await importOutside('late')).default, JSON.stringify(this)].join(', ');
      exports.fail = () => {
        throw new Error('of a bundle');
      };`,
    );
  });

  it('runs without a cache, keeps one, and runs from it', () => {
    expect(run(PRINT).out).toBe(WHOLE);
    expect(run(KEEP).out).toBe(`${WHOLE}\nkept 2`);
    expect(readdirSync(folder).filter((name) => name.endsWith('.v8'))).toEqual(['a.bundle.v8', 'b.bundle.v8']);
    expect(run(KEEP).out).toBe(`${WHOLE}\nkept 0`);
  });

  it('runs as well with a cache that is damaged, or of other flags', () => {
    run(KEEP);
    expect(run(KEEP, ['--no-lazy']).out).toBe(`${WHOLE}\nkept 2`);
    writeFileSync(join(folder, 'a.bundle.v8'), 'nothing of the kind');
    expect(run(KEEP).out).toBe(`${WHOLE}\nkept 2`);
  });

  it('is named, with its line, by its errors', () => {
    expect(run(`loader.load('a.bundle.cjs').fail();`).err).toContain(`${join(folder, 'a.bundle.cjs')}:5:`);
  });
});

describe('what was built', () => {
  it('runs from what V8 has compiled of it before', () => {
    expect(existsSync(join(DIST, '.code-cache'))).toBe(true);
    cpSync(join(DIST, 'bundle-loader.mjs'), join(folder, 'bundle-loader.mjs'));
    for (const name of readdirSync(DIST))
      if (/\.bundle\.(cjs|v8)$/.test(name)) symlinkSync(join(DIST, name), join(folder, name));
    const schemas = readdirSync(DIST).find((name) => /^alert-.*\.bundle\.cjs$/.test(name));

    expect(run(`loader.load(${JSON.stringify(schemas)}); console.log(loader.keepCompiled());`).out).toBe('0');
  });
});
