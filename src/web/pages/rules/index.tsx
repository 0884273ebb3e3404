import { PageHeader } from '../../kit/page-header.js';
import { rulesWords } from '../../words/rules.js';
import { useWords } from '../../words/language.js';

/** The pages of rules. */
export function Pages() {
  const words = useWords(rulesWords);
  return <PageHeader title={words.title} />;
}
