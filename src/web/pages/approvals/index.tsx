import { PageHeader } from '../../kit/page-header.js';
import { approvalsWords } from '../../words/approvals.js';
import { useWords } from '../../words/language.js';

/** The pages of approvals. */
export function Pages() {
  const words = useWords(approvalsWords);
  return <PageHeader title={words.title} />;
}
