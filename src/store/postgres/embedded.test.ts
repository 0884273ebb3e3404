import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openEmbedded } from './embedded.js';

it('names the data directory and its setting when the first start cannot fill it', async () => {
  const home = mkdtempSync(join(tmpdir(), 'fixpoint-embedded-'));
  try {
    const seed = join(home, 'seed');
    mkdirSync(seed);
    writeFileSync(join(seed, 'PG_VERSION'), '18');
    const directory = join(home, 'data');
    mkdirSync(directory);
    writeFileSync(join(directory, 'pg'), 'a file where a folder has to be');

    await expect(openEmbedded(directory, seed)).rejects.toThrow(
      /^the data directory .*data cannot be used: .*\. Set FIXPOINT_DATA_DIR/,
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

// There Node’s own way of making several folders at once tries for ever.
it.runIf(process.platform === 'linux')('names a data directory whose parent takes no folder', async () => {
  await expect(openEmbedded('/proc/fixpoint/data', null)).rejects.toThrow(
    /^the data directory \/proc\/fixpoint\/data cannot be used: .*mkdir '\/proc\/fixpoint'/,
  );
});
