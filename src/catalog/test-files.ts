import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Problem } from '../domain/catalog.js';
import { isTestFile, PlaybookTest, PlaybookTestFile } from '../domain/playbook-test.js';
import { dataAt, schemaProblems } from '../domain/schema-problem.js';
import type { PathProblem } from '../domain/schema-problem.js';
import { unreadable } from './check.js';
import { atStart, findFiles, readText } from './read-files.js';
import { readYaml } from './yaml-file.js';

/** A playbook test, and where it stands. */
export interface LoadedTest {
  readonly test: PlaybookTest;
  readonly file: string;
  /** Gives something that is said of the test its line and column. */
  readonly locate: (problem: PathProblem) => Problem;
}

/** A file of tests, and the folder of playbooks that it is about. */
export interface LoadedTestFile {
  readonly file: string;
  /** The folder above, where the file stands in a folder called tests; else its own. */
  readonly folder: string;
  readonly tests: readonly LoadedTest[];
  readonly problems: readonly Problem[];
}

/** Reads playbook tests: files, and everything called `*.test.yaml` below folders. What is wrong with a file is told with its place. */
export async function loadTestFiles(paths: readonly string[]): Promise<LoadedTestFile[]> {
  const loaded = new Map<string, LoadedTestFile>();
  for (const path of paths)
    for (const file of await filesAt(path)) if (!loaded.has(file.file)) loaded.set(file.file, await load(file));
  return [...loaded.values()];
}

interface Named {
  readonly file: string;
  readonly problems: readonly Problem[];
}

async function filesAt(path: string): Promise<Named[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [{ file: path, problems: [] }];
    const { files, problems } = await findFiles(path, isTestFile);
    return [
      ...files.map(({ file }) => ({ file: join(path, file), problems: [] })),
      ...problems.map((problem) => ({ file: join(path, problem.file), problems: [problem] })),
    ];
  } catch (error) {
    return [{ file: path, problems: [atStart(path, unreadable(error))] }];
  }
}

async function load({ file, problems }: Named): Promise<LoadedTestFile> {
  const folder = basename(dirname(file)) === 'tests' ? dirname(dirname(file)) : dirname(file);
  const none = { file, folder, tests: [] };
  if (problems.length > 0) return { ...none, problems };
  try {
    const text = await readText(file, file);
    if (typeof text !== 'string') return { ...none, problems: [text] };
    return { file, folder, ...parse(file, text) };
  } catch (error) {
    return { ...none, problems: [atStart(file, unreadable(error))] };
  }
}

/** A file holds a list under `tests`, or one test by itself. */
function parse(file: string, text: string): Pick<LoadedTestFile, 'tests' | 'problems'> {
  const yaml = readYaml(file, text);
  if (yaml.problems.length > 0 || yaml.data === undefined) return { tests: [], problems: yaml.problems };
  const isList = dataAt(yaml.data, ['tests']) !== undefined;
  const refused = schemaProblems(isList ? PlaybookTestFile : PlaybookTest, yaml.data);
  if (refused.length > 0) return { tests: [], problems: refused.slice(0, 200).map((problem) => yaml.locate(problem)) };
  const tests = isList ? PlaybookTestFile.parse(yaml.data).tests : [PlaybookTest.parse(yaml.data)];
  return {
    tests: tests.map((test, index) => ({
      test,
      file,
      locate: (problem) => yaml.locate({ ...problem, path: isList ? ['tests', index, ...problem.path] : problem.path }),
    })),
    problems: [],
  };
}
