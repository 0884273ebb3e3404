import { Component, createContext, useContext, useEffect, useState } from 'react';
import type { ErrorInfo, ReactNode } from 'react';
import type { Piece } from '../../domain/said/saying.js';
import { ApiRefusal } from '../api/client.js';
import type { CommonWords } from '../words/common.js';
import { useLanguage, useWords } from '../words/language.js';
import { Button } from './button.js';
import { Icon } from './icon.js';
import type { IconName } from './icon.js';
import './states.css';

/** What the pages have said already. */
const IN_CHINESE = /\p{Script=Han}/u;

type Say = (sentence: string) => readonly Piece[];

/** Fetches what says the service's sentences in Chinese. From outside: were it fetched by this file, the first load would be one file more. */
export const FetchSay = createContext<() => Promise<Say>>(() => Promise.reject(new Error('nobody has given a way')));

interface EmptyProps {
  readonly title: string;
  /** What to do next. */
  readonly children?: ReactNode;
  readonly icon?: IconName;
  readonly actions?: ReactNode;
  readonly tone?: 'good' | 'calm';
}

/** Nothing to show: says so, and what to do next. */
export function Empty({ title, children, icon = 'ring', actions, tone = 'calm' }: EmptyProps) {
  return (
    <div className={`empty ${tone}`}>
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      {children && <div className="quiet">{children}</div>}
      {actions && <div className="row">{actions}</div>}
    </div>
  );
}

/** An error in words for people; the service's own sentence where it gave one. */
export function errorText(error: unknown, words: CommonWords['error']): string {
  if (error instanceof ApiRefusal) {
    if (error.code === 'unreachable') return words.unreachable;
    if (error.code === 'timeout') return words.timeout;
    if (error.code === 'forbidden') return `${words.forbidden}: ${error.message}`;
    return error.message;
  }
  return error instanceof Error ? error.message : String(error);
}

/** A sentence of the service in the reader's language, as soon as and as far as it can be said there; until then the service's own words. */
function Told({ text }: { readonly text: string }) {
  const { language } = useLanguage();
  const fetchSay = useContext(FetchSay);
  const [say, setSay] = useState<Say | null>(null);
  const isMissing = language === 'zh' && say === null;
  useEffect(() => {
    if (!isMissing) return undefined;
    let isGone = false;
    fetchSay().then(
      (fetched) => {
        if (!isGone) setSay(() => fetched);
      },
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, [isMissing, fetchSay]);
  if (language !== 'zh' || say === null) return text;
  return say(text).map((piece, index) =>
    piece.said || IN_CHINESE.test(piece.text) ? (
      piece.text
    ) : (
      <span key={index} lang="en">
        {piece.text}
      </span>
    ),
  );
}

/** What went wrong, and where, inside a form or a dialog. */
export function ErrorNote({ error }: { readonly error: unknown }) {
  const words = useWords();
  if (error === null || error === undefined) return null;
  const details = error instanceof ApiRefusal ? error.details.filter(({ message }) => message !== error.message) : [];
  return (
    <div className="error-note" role="alert">
      <Icon name="bang" />
      <div className="stack-tight">
        <p dir="auto">
          <Told text={errorText(error, words.error)} />
        </p>
        {details.length > 0 && (
          <ul>
            {details.slice(0, 20).map(({ path, message }, index) => (
              <li key={index}>
                {path !== '' && <code>{path}</code>} <Told text={message} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

/** A part of a page that could not be loaded, with a way to try again. */
export function ErrorState({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const words = useWords();
  const missing = error instanceof ApiRefusal && error.code === 'not_found';
  return (
    <div className="empty" role="alert">
      <Icon name={missing ? 'question' : 'incident'} size={28} />
      <h2>{missing ? words.error.not_found : words.error.load}</h2>
      <p className="quiet" dir="auto">
        <Told text={errorText(error, words.error)} />
      </p>
      {missing && <p className="quiet">{words.error.not_found_hint}</p>}
      {onRetry && !missing && (
        <Button icon="retry" onClick={onRetry}>
          {words.do.retry}
        </Button>
      )}
    </div>
  );
}

/** Something is on its way: bars where it will stand, without movement. */
export function Loading({ rows = 3 }: { readonly rows?: number }) {
  const words = useWords();
  return (
    <div className="loading" role="status">
      <span className="visually-hidden">{words.loading}</span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="loading-bar" />
      ))}
    </div>
  );
}

interface BoundaryState {
  readonly error: unknown;
}

interface BoundaryProps {
  readonly children: ReactNode;
  readonly fallback: (error: unknown, reset: () => void) => ReactNode;
}

/** Keeps a fault of one page from taking the others along. */
export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { error: null };

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error: error ?? new Error('unknown') };
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    // The only trace that a person can send along.
    // eslint-disable-next-line no-console
    console.error('a page broke', error, componentStack);
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === null ? this.props.children : this.props.fallback(error, () => this.setState({ error: null }));
  }
}

/** What stands in the place of a page that broke. */
export function Crashed({ error }: { readonly error: unknown }) {
  const words = useWords();
  return (
    <div className="empty" role="alert">
      <Icon name="incident" size={28} />
      <h2>{words.error.crashed}</h2>
      <p className="quiet">{words.error.crashed_hint}</p>
      <code className="faint">{error instanceof Error ? error.message.slice(0, 300) : ''}</code>
      <Button icon="retry" onClick={() => window.location.reload()}>
        {words.do.reload}
      </Button>
    </div>
  );
}
