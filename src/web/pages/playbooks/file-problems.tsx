import type { z } from 'zod';
import type { PlaybookItem, ProblemAnswer } from '../../../domain/api/playbook.js';
import { useGet } from '../../api/queries.js';
import { Icon } from '../../kit/icon.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';

type Problem = z.infer<typeof ProblemAnswer>;

/** The part of the list's answer that tells what is wrong with the files. */
interface Answer {
  readonly items: readonly PlaybookItem[];
  readonly problems: readonly Problem[];
}

const MOST = 50;

/** What is wrong with the files on disk; nothing where nothing is. */
export function FileProblems() {
  const words = useWords(playbooksWords);
  const { data } = useGet<Answer>('/api/v1/playbooks', { query: { limit: 1 }, live: true });
  const problems = data?.problems ?? [];
  if (problems.length === 0) return null;
  return (
    <details className="playbook-problems" open={problems.length <= 3}>
      <summary>
        <Icon name="bang" />
        <strong>{words.problems.title(problems.length)}</strong>
      </summary>
      <p>{words.problems.hint}</p>
      <ul>
        {problems.slice(0, MOST).map(({ file, line, column, message }, index) => (
          <li key={index}>
            <code>{`${file}:${line}:${column}`}</code>
            <span dir="auto">{message}</span>
          </li>
        ))}
      </ul>
      {problems.length > MOST && <p>{words.problems.more(problems.length - MOST)}</p>}
    </details>
  );
}
