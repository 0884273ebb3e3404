import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aHome, FixpointProcess } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';

describe('a start that cannot succeed', () => {
  let home: Home;
  beforeEach(() => {
    home = aHome({}, '');
  });
  afterEach(() => home.remove());

  it('exits 1 and names the data directory that cannot be used', async () => {
    const file = join(home.directory, 'a-file');
    writeFileSync(file, '');
    await expect(FixpointProcess.start(home, { FIXPOINT_DATA_DIR: file })).rejects.toThrow(
      /ended with 1: fixpoint: the data directory .*a-file cannot be used: .* Set FIXPOINT_DATA_DIR/,
    );
  });

  it('exits 2 and names the playbooks folder that is not there, and the variable that named it', async () => {
    const folder = join(home.directory, 'plabooks');
    await expect(FixpointProcess.start(home, { FIXPOINT_PLAYBOOKS_DIR: folder })).rejects.toThrow(
      `ended with 2: fixpoint: playbooks_dir: there is no folder ${folder} (named by FIXPOINT_PLAYBOOKS_DIR)`,
    );
  });

  it('exits 2 at an option that it does not know', async () => {
    await expect(FixpointProcess.start(home, {}, ['--rolse', 'x'])).rejects.toThrow(
      /ended with 2: fixpoint: .*--rolse/,
    );
  });
});

describe('a service whose output nobody reads any more', () => {
  it('goes on, and stops in order', async () => {
    const home = aHome({}, '');
    try {
      const service = await FixpointProcess.start(home, { LOG_LEVEL: 'info' });
      service.closeOutput();
      const sent = await service.post('/api/v1/webhooks/alertmanager', { nothing: 'of this source' });
      expect(sent.status).toBe(400);
      expect(await service.stop()).toBe(0);
    } finally {
      home.remove();
    }
  });
});

describe('fixpoint check', () => {
  it('says where it looked for a path that is not there', () => {
    const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.bundle.mjs');
    const done = spawnSync(process.execPath, [cli, 'check'], { cwd: tmpdir(), encoding: 'utf8' });

    expect(done.stdout).toContain(
      `playbooks:1:1: there is no file or folder ${join(realpathSync(tmpdir()), 'playbooks')}; name one that is there`,
    );
    expect(done.status).toBe(1);
  });
});

describe('a command whose output nobody reads on', () => {
  it('ends without a word', async () => {
    const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.bundle.mjs');
    const done = spawn(process.execPath, [cli, 'check', join(import.meta.dirname, '..', '..', 'playbooks')]);
    let said = '';
    done.stderr.on('data', (text: Buffer) => (said += text.toString()));
    done.stdout.destroy();

    await once(done, 'exit');

    expect(said).toBe('');
  }, 120_000);
});

describe('npm run demo', () => {
  it('exits 2 at an option that it does not know, before anything is started', () => {
    const demo = join(import.meta.dirname, '..', '..', 'dist', 'demo.bundle.mjs');
    const done = spawnSync(process.execPath, [demo, '--onec'], { encoding: 'utf8' });

    expect(done.stderr).toMatch(/^fixpoint demo: .*--onec/);
    expect(done.stdout).toBe('');
    expect(done.status).toBe(2);
  });

  it('speaks before it loads what takes its time', async () => {
    const dist = join(import.meta.dirname, '..', '..', 'dist');
    const program = await readFile(join(dist, 'demo.bundle.mjs'), 'utf8');
    const text = await readFile(join(dist, /load\('(.+)'\)/.exec(program)![1]!), 'utf8');

    // Whatever is required at the top is loaded before the first line.
    const loaded = [...text.matchAll(/^(?:let .* = )?require\("(.*)"\)/gm)].map(([, name]) => name);
    expect(loaded.filter((name) => !name!.includes('rolldown-runtime'))).toEqual(['node:util']);
  });
});
