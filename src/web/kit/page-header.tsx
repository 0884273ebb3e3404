import { useEffect } from 'react';
import type { ReactNode } from 'react';
import { useWords } from '../words/language.js';
import { Icon } from './icon.js';
import { Link } from './link.js';
import { Slashed } from './slashed.js';
import './page-header.css';

interface PageHeaderProps {
  readonly title: string;
  /** What the browser's tab says, where it is not the title. */
  readonly tab?: string;
  /** States and facts beside the title. */
  readonly meta?: ReactNode;
  readonly actions?: ReactNode;
  /** Where one came from: a link above the title. */
  readonly back?: { readonly href: string; readonly label: string };
}

/** The head of a page: its title, what it is about, what can be done with it. One a page; it names the browser's tab. */
export function PageHeader({ title, tab, meta, actions, back }: PageHeaderProps) {
  const { do: words } = useWords();
  useEffect(() => {
    document.title = `${tab ?? title} · Fixpoint`;
  }, [title, tab]);
  return (
    <header className="page-header">
      {back && (
        <Link href={back.href} className="page-back" aria-label={`${words.back}: ${back.label}`}>
          <Icon name="back" size={14} />
          {back.label}
        </Link>
      )}
      <div className="page-headline">
        <h1 dir="auto">
          <Slashed text={title} />
        </h1>
        {meta && <div className="row">{meta}</div>}
        {actions && <div className="page-actions">{actions}</div>}
      </div>
    </header>
  );
}
