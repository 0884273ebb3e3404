import type { CatalogContent } from '../domain/catalog.js';
import type { ExecutorSpec } from '../domain/executor.js';
import { assemble } from './assemble.js';
import { loadFile } from './load-file.js';
import { findFiles, isPlaybookFile, readText } from './read-files.js';

/** A file of a playbooks folder, wherever it comes from. */
export interface GivenFile {
  readonly file: string;
  readonly text: string;
}

/**
 * Checks files that are no files here as one playbooks folder, and answers everything that is wrong at once. Rules may name the playbooks
 * `elsewhere`, too.
 */
export function checkTexts(
  files: readonly GivenFile[],
  kinds: ReadonlyMap<string, ExecutorSpec>,
  elsewhere: ReadonlySet<string> = new Set(),
): CatalogContent {
  const playbooks = files.filter(({ file }) => isPlaybookFile(file));
  return assemble(
    playbooks.map(({ file, text }) => ({ file, ...loadFile(file, text, kinds) })),
    { elsewhere },
  );
}

/** The files of a playbooks folder as texts. Rejects where the folder, or a file in it, cannot be read. */
export async function readFolder(dir: string): Promise<GivenFile[]> {
  const { files } = await findFiles(dir);
  const texts: GivenFile[] = [];
  for (const { file, path } of files) {
    const text = await readText(file, path);
    if (typeof text !== 'string') throw new Error(`${file}: ${text.message}`);
    texts.push({ file, text });
  }
  return texts;
}
