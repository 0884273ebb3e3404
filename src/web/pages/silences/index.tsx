import { PageHeader } from '../../kit/page-header.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';

/** The pages of silences. */
export function Pages() {
  const words = useWords(silencesWords);
  return <PageHeader title={words.title} />;
}
