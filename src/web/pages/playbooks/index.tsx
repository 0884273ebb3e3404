import { PageHeader } from '../../kit/page-header.js';
import { playbooksWords } from '../../words/playbooks.js';
import { useWords } from '../../words/language.js';

/** The pages of playbooks. */
export function Pages() {
  const words = useWords(playbooksWords);
  return <PageHeader title={words.title} />;
}
