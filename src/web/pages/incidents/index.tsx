import { PageHeader } from '../../kit/page-header.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';

/** The pages of incidents. */
export function Pages() {
  const words = useWords(incidentsWords);
  return <PageHeader title={words.title} />;
}
