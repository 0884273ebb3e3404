import { join } from 'node:path';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

// The web pages. `npm run build` writes them to dist/web; `npx vite` serves them while they are worked on, in front of a service
// at FIXPOINT_URL (default: the address of `npm start`).
const service = process.env['FIXPOINT_URL'] ?? 'http://127.0.0.1:8080';

// What is opened from a list, or drawn there: its functions are compiled while it is loaded, beside the page's own thread, and not one by one
// when the first row is opened. Not what is loaded first: most of its functions are not called, and the first page would wait for them.
const COMPILED_AHEAD =
  /^(?:alerts|approvals|change|dagre|graph|incidents|kit|playbooks|rules|runs|silence|silences|start|system|table|value|worst)(?:[.-]|$)/;

function compileAhead(): Plugin {
  return {
    name: 'compile-ahead',
    generateBundle: {
      // After Vite has written its own lines on top: a browser reads this in the first one only.
      order: 'post',
      handler(_options, bundle) {
        for (const file of Object.values(bundle))
          if (file.type === 'chunk' && COMPILED_AHEAD.test(file.name))
            file.code = `//# allFunctionsCalledOnLoad\n${file.code}`;
      },
    },
  };
}

export default defineConfig({
  plugins: [compileAhead()],
  root: join(import.meta.dirname, 'src', 'web'),
  publicDir: false,
  // Several people's servers at once would spoil each other's.
  cacheDir: process.env['VITE_CACHE'] ?? join(import.meta.dirname, 'node_modules', '.vite'),
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    outDir: join(import.meta.dirname, 'dist', 'web'),
    emptyOutDir: true,
    target: ['chrome123', 'firefox125', 'safari17.5'],
    // Nothing inline: the pages' Content-Security-Policy admits files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What most pages are made of and the first one is not: small files that come as one, because a page that asks for twenty waits for
        // its connections.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            {
              name: 'kit',
              test: /\/src\/web\/(?:kit\/(?:code-block|copy|data-list|filters|id-in-address|json-view|key-value|matcher|menu|pager|tabs|window-range)|api\/(?:ahead|event-frames|pacer|stream))/,
            },
          ],
        },
      },
      // Libraries mark what is for browsers only; here everything is.
      onLog: (level, log, next) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') next(level, log);
      },
    },
  },
  server: { proxy: { '/api': { target: service, changeOrigin: true } } },
});
