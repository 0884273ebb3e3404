import { writeFileSync } from 'node:fs';
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

  it('exits 2 at an option that it does not know', async () => {
    await expect(FixpointProcess.start(home, {}, ['--rolse', 'x'])).rejects.toThrow(
      /ended with 2: fixpoint: .*--rolse/,
    );
  });
});
