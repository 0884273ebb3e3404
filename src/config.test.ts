import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';
import { messageOf } from './domain/errors.js';

describe('the configuration', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'fixpoint-config-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function refusalOf(text: string, env: Record<string, string> = {}): string {
    writeFileSync(join(directory, 'fixpoint.yaml'), text);
    try {
      loadConfig({ file: null, env, cwd: directory });
    } catch (error) {
      return messageOf(error);
    }
    return 'not refused';
  }

  it('names an unknown key and the one that was probably meant', () => {
    expect(refusalOf('defualt_mode: auto\n')).toContain(
      'defualt_mode: unknown key defualt_mode (did you mean default_mode?)',
    );
  });

  it('knows the keys of a part that has defaults', () => {
    expect(refusalOf('kafka: {brokerss: [a]}\n')).toContain('unknown key brokerss (did you mean brokers?)');
    expect(refusalOf('schedule: {zzz: 1}\n')).toContain('unknown key zzz; expected one of lease');
  });

  it('tells every fault at once, each with its key, what was expected and what came', () => {
    const text = refusalOf('language: 5\nexecutors:\n  prometheus: {url: 5}\nnotifiers:\n  email: {host: x}\n');
    expect(text).toContain('language: expected en or zh, came the number 5');
    expect(text).toMatch(/executors\.prometheus\.url: expected .*, came the number 5/);
    expect(text).toMatch(/notifiers\.email\.from: from is missing/);
    expect(text).toMatch(/notifiers\.email\.to: to is missing/);
  });

  it('refuses a lease that would end between two looks', () => {
    expect(refusalOf('schedule: {lease: 500ms}\n')).toContain('schedule.lease: expected at least 3s');
    expect(refusalOf('schedule: {lease: 3s}\n')).toBe('not refused');
  });

  it('names the environment variable that a wrong value came from', () => {
    expect(refusalOf('', { PORT: 'abc' })).toMatch(/port: expected .* \(from the environment variable PORT\)/);
  });

  it('never repeats a text that came, which may be a secret', () => {
    const text = refusalOf('admin_token: tiny-secret\nnotifiers:\n  slack: {url: hunter2}\n', {
      DATABASE_URL: 'mysql://u:hunter2@db/x',
    });
    expect(text).toContain('admin_token: ');
    expect(text).toContain('database_url: expected postgres://…');
    expect(text).not.toMatch(/hunter2|tiny-secret/);
  });

  it('gives the place of what is not YAML, and none of its text', () => {
    const text = refusalOf('a: [1\nb: "hunter2\n');
    expect(text).toMatch(/fixpoint\.yaml:\d+:\d+: not valid YAML: /);
    expect(text).not.toMatch(/hunter2|at line/);
  });
});
