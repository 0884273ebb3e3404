import { PageHeader } from '../../kit/page-header.js';
import { nowWords } from '../../words/now.js';
import { useWords } from '../../words/language.js';

/** The pages of now. */
export function Pages() {
  const words = useWords(nowWords);
  return <PageHeader title={words.title} />;
}
