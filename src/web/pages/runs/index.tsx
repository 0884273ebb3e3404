import { PageHeader } from '../../kit/page-header.js';
import { runsWords } from '../../words/runs.js';
import { useWords } from '../../words/language.js';

/** The pages of runs. */
export function Pages() {
  const words = useWords(runsWords);
  return <PageHeader title={words.title} />;
}
