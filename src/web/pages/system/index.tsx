import { PageHeader } from '../../kit/page-header.js';
import { systemWords } from '../../words/system.js';
import { useWords } from '../../words/language.js';

/** The pages of system. */
export function Pages() {
  const words = useWords(systemWords);
  return <PageHeader title={words.title} />;
}
