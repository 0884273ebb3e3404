import { join } from 'node:path';
import { defineConfig } from 'vite';

// The web pages. `npm run build` writes them to dist/web; `npx vite` serves them while they are worked on, in front of a service
// at FIXPOINT_URL (default: the address of `npm start`).
const service = process.env['FIXPOINT_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
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
