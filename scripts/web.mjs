// Builds the web pages: dist/web/ from src/web/, each file also compressed beside itself, so that the service has nothing to compress.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const RECORD = '.web';
const COMPRESSED = /\.(?:js|css|html|svg|json)$/;
const TEST = /\.test\.tsx?$/;

/** Brings dist/web up to date with its sources. Answers false when that failed. */
export async function buildWeb(root) {
  if (!existsSync(join(root, 'src', 'web', 'index.html'))) return true;
  const target = join(root, 'dist', 'web');
  const record = join(root, 'dist', RECORD);
  const wanted = inputsKey(root);
  if (existsSync(join(target, 'index.html')) && existsSync(record) && readFileSync(record, 'utf8') === wanted)
    return true;
  const bundler = findBundler();
  // Without development dependencies a built dist/ was brought along, or there is nothing to build from.
  if (bundler === null) return true;
  rmSync(record, { force: true });
  const fresh = join(root, 'dist', `web.${process.pid}.tmp`);
  const asked = process.env.NODE_ENV;
  try {
    // A test run has NODE_ENV=test: it would leave libraries behind that are made for development, and half as large again.
    process.env.NODE_ENV = 'production';
    const { build } = await import(pathToFileURL(bundler).href);
    await build({
      configFile: join(root, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: fresh, emptyOutDir: true },
    });
    compress(fresh);
    takeOver(fresh, target);
    writeFileSync(record, wanted);
    return true;
  } catch (error) {
    console.error(`error: the web pages could not be built: ${error.message}`);
    return false;
  } finally {
    if (asked === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = asked;
    rmSync(fresh, { recursive: true, force: true });
  }
}

function findBundler() {
  try {
    const require = createRequire(import.meta.url);
    // Vite's manifest is found rather than its module: the module is for `import` only.
    return join(require.resolve('vite/package.json'), '..', 'dist', 'node', 'index.js');
  } catch {
    return null;
  }
}

/** Every file that the pages are made of, by its content: a fresh clone has other times. */
function inputsKey(root) {
  const hash = createHash('sha256');
  const folder = join(root, 'src', 'web');
  const inputs = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !TEST.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const others = ['vite.config.ts', 'package-lock.json', 'tsconfig.json'].map((name) => join(root, name));
  for (const path of [...inputs, ...domainFiles(root), ...others, import.meta.filename]) {
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

/** The pages share what is pure with the service. */
function domainFiles(root) {
  return ['api', 'said'].flatMap((name) => {
    const folder = join(root, 'src', 'domain', name);
    return readdirSync(folder)
      .filter((file) => file.endsWith('.ts') && !TEST.test(file))
      .sort()
      .map((file) => join(folder, file));
  });
}

function compress(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !COMPRESSED.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const content = readFileSync(path);
    writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
    writeFileSync(
      `${path}.br`,
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
    );
  }
}

/** Two renames, so that a service that reads them meanwhile meets the old pages or the new ones, hardly ever none. */
function takeOver(fresh, target) {
  const old = `${target}.${process.pid}.old`;
  if (existsSync(target)) renameSync(target, old);
  renameSync(fresh, target);
  rmSync(old, { recursive: true, force: true });
}
