import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

// The pages as they were built: `npm run build` (and every `npm test`) writes them.
const WEB = join(import.meta.dirname, '..', 'dist', 'web');
const ASSETS = join(WEB, 'assets');
const FIRST_LOAD_BYTES = 120_000;

const names = (): string[] => readdirSync(ASSETS).filter((name) => /\.(?:js|css)$/.test(name));
const textOf = (name: string): string => readFileSync(join(ASSETS, name), 'utf8');
const page = (): string => readFileSync(join(WEB, 'index.html'), 'utf8');

/** What a script needs before it can run: the files that it imports, and those that these import. */
function closure(starts: readonly string[]): string[] {
  const found = new Set(starts);
  for (const name of found)
    if (name.endsWith('.js'))
      for (const [, imported] of textOf(name).matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g))
        if (imported !== undefined) found.add(imported);
  return [...found];
}

/** What a browser loads before anything is seen. */
function firstLoad(): string[] {
  return closure([...page().matchAll(/(?:src|href)="\/assets\/([^"]+\.(?:js|css))"/g)].map(([, name]) => name ?? ''));
}

function gzipped(files: readonly string[]): number {
  return files.reduce((sum, name) => sum + gzipSync(textOf(name), { level: 9 }).length, 0);
}

describe('the built pages', () => {
  it('load first what fits into 120 kB', () => {
    const files = firstLoad();

    expect(files.some((name) => name.endsWith('.js'))).toBe(true);
    expect(files.some((name) => name.endsWith('.css'))).toBe(true);
    expect(gzipped(files)).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
  });

  it('load first no more than three scripts and no sentence of the service', () => {
    const scripts = firstLoad().filter((name) => name.endsWith('.js'));

    expect(scripts.length).toBeLessThanOrEqual(3);
    expect(scripts.filter((name) => textOf(name).includes('没有运行 {id}'))).toEqual([]);
  });

  it('fit into it also with the first page', () => {
    const now = names().filter((name) => /^now-/.test(name));

    expect(now.length).toBeGreaterThan(0);
    expect(gzipped(closure([...firstLoad(), ...now]))).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
  });

  it('load graphs and charts only where they are used', () => {
    const heavy = /react-flow__|dagre/i;

    expect(firstLoad().filter((name) => heavy.test(textOf(name)))).toEqual([]);
  });

  it('carry no schema library', () => {
    expect(names().filter((name) => /ZodError|_zod\b|RE2JS/.test(textOf(name)))).toEqual([]);
  });

  it('have nothing inline that a strict policy would refuse', () => {
    expect(page()).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=|javascript:/i);
    expect(page()).not.toMatch(/(?:src|href)="https?:/);
  });

  it('lie compressed beside themselves', () => {
    const lonely = names().filter(
      (name) => !existsSync(join(ASSETS, `${name}.br`)) || !existsSync(join(ASSETS, `${name}.gz`)),
    );

    expect(lonely).toEqual([]);
  });
});
