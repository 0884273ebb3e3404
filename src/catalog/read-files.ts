import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Problem } from '../domain/catalog.js';
import { isTestFile } from '../domain/playbook-test.js';

/** More than a person can keep in order; the next file is told as a problem. */
const MAX_FILES = 5_000;
const MAX_DEPTH = 8;
const MAX_PLAYBOOK_BYTES = 1_048_576;
/** Rules are many and small. */
const MAX_RULES_BYTES = 33_554_432;

/** A file that is there, and what tells whether it changed since it was last read. */
export interface FoundFile {
  /** Relative to the folder that was searched, with `/`. */
  readonly file: string;
  readonly path: string;
  readonly stamp: string;
}

/**
 * The files of a folder and its folders whose names are wanted (playbooks and rules, unless said otherwise), sorted by name. Hidden ones are
 * left out: editors and Kubernetes keep copies there.
 */
export async function findFiles(
  dir: string,
  wanted: (name: string) => boolean = isPlaybookFile,
): Promise<{ files: FoundFile[]; problems: Problem[] }> {
  const files: FoundFile[] = [];
  const problems: Problem[] = [];
  const seen = new Set<string>();

  async function walk(folder: string, prefix: string, depth: number): Promise<void> {
    const real = await realpath(folder);
    // Folders may be links; a circle of them ends here.
    if (seen.has(real)) return;
    seen.add(real);
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
    for (const name of names) {
      if (files.length >= MAX_FILES) return;
      const path = join(folder, name);
      const info = await stat(path).catch(() => null); // gone since readdir, or a link to nothing
      if (info?.isFile() === true && wanted(name)) {
        files.push({ file: prefix + name, path, stamp: `${info.mtimeMs}/${info.ctimeMs}/${info.size}/${info.ino}` });
      } else if (info?.isDirectory() === true) {
        if (depth < MAX_DEPTH) await walk(path, `${prefix}${name}/`, depth + 1);
        else problems.push(atStart(prefix + name, `folders nest at most ${MAX_DEPTH} deep; this one is not read`));
      }
    }
  }

  await walk(dir, '', 0);
  if (files.length >= MAX_FILES) problems.push(atStart('.', `more than ${MAX_FILES} files; the rest is not read`));
  return { files, problems };
}

/** True for the names that a playbooks folder is searched for: playbook tests are no playbooks. */
export function isPlaybookFile(name: string): boolean {
  return /\.ya?ml$/i.test(name) && !isTestFile(name);
}

/** True for the file that holds rules by its name. */
export function isRulesFile(file: string): boolean {
  return /^rules\.ya?ml$/i.test(basename(file));
}

/** True for the file that holds maintenance windows and inhibition rules by its name. */
export function isSuppressionsFile(file: string): boolean {
  return /^suppressions\.ya?ml$/i.test(basename(file));
}

/** A problem with a file as a whole. */
export function atStart(file: string, message: string): Problem {
  return { file, line: 1, column: 1, message };
}

/** The text of a file; a problem when it is too large, or no UTF-8. Rejects when it cannot be read at all. */
export async function readText(file: string, path: string): Promise<string | Problem> {
  const limit = isRulesFile(file) ? MAX_RULES_BYTES : MAX_PLAYBOOK_BYTES;
  const { size } = await stat(path);
  if (size > limit) return atStart(file, `expected at most ${limit} bytes, came ${size}`);
  const bytes = await readFile(path);
  const text = decode(bytes);
  if (text !== null) return text;
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return atStart(file, 'expected UTF-8, came UTF-16; save the file as UTF-8');
  return { ...firstBadLine(bytes), file, message: 'expected UTF-8, came bytes that are none; save the file as UTF-8' };
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** No byte of a longer character is a line feed, so that lines can be judged one by one. */
function firstBadLine(bytes: Uint8Array): { line: number; column: number } {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const row = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (decode(row) === null) return { line, column: new TextDecoder().decode(row).indexOf('\ufffd') + 1 };
    start += row.length + 1;
  }
  return { line: 1, column: 1 };
}
