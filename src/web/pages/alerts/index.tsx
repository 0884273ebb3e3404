import { PageHeader } from '../../kit/page-header.js';
import { alertsWords } from '../../words/alerts.js';
import { useWords } from '../../words/language.js';

/** The pages of alerts. */
export function Pages() {
  const words = useWords(alertsWords);
  return <PageHeader title={words.title} />;
}
