import { useId, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { CommonWords } from '../words/common.js';
import { useWords } from '../words/language.js';
import { Icon } from './icon.js';
import { readMatchers } from './matchers.js';
import type { MatcherError } from './matchers.js';
import './matcher-input.css';

interface MatcherInputProps {
  readonly value: readonly string[];
  readonly onChange: (matchers: readonly string[]) => void;
  /** The service's own word on a matcher, by its place in `value` (a pattern that is not RE2). */
  readonly problems?: Readonly<Record<number, string>>;
  readonly label?: string;
  /** What is wrong with having none. */
  readonly missing?: string | null;
  readonly most?: number;
}

/** Label matchers typed as in Alertmanager: `env="prod", team=~"pay.*"`; each becomes a chip, a mistake is shown at its character. */
export function MatcherInput({ value, onChange, problems = {}, label, missing = null, most = 20 }: MatcherInputProps) {
  const words = useWords();
  const id = useId();
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<MatcherError | null>(null);
  const [full, setFull] = useState(false);
  const told = Object.values(problems);

  function take(text: string): void {
    const read = readMatchers(text);
    const all = [...new Set([...value, ...read.matchers.map((matcher) => matcher.text)])];
    setFull(all.length > most);
    setError(read.error);
    if (all.length > most || read.error !== null) return;
    setTyped('');
    if (read.matchers.length > 0) onChange(all);
  }
  function onKeyDown(event: KeyboardEvent<HTMLInputElement>): void {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      take(typed);
    } else if (event.key === 'Backspace' && typed === '' && value.length > 0) {
      onChange(value.slice(0, -1));
    }
  }
  function onType(text: string): void {
    setTyped(text);
    setError(null);
    // A comma ends a matcher where it does not stand inside quotes.
    const read = text.endsWith(',') ? readMatchers(text) : null;
    if (read !== null && read.error === null && read.matchers.length > 0) take(text);
  }
  const message = error === null ? (full ? words.filter.too_many(most) : missing) : messageOf(error, words.matcher);
  return (
    <div className="field matcher-field">
      <label htmlFor={id}>{label ?? words.filter.matchers}</label>
      <div className="input matcher-input">
        {value.map((matcher, index) => (
          <span key={matcher} className={problems[index] === undefined ? 'chip' : 'chip wrong'} title={problems[index]}>
            <code className="truncate">{matcher}</code>
            <button
              type="button"
              aria-label={words.do.remove(matcher)}
              onClick={() => onChange(value.filter((_, place) => place !== index))}
            >
              <Icon name="cross" size={12} />
            </button>
          </span>
        ))}
        <input
          id={id}
          value={typed}
          onChange={(event) => onType(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={() => {
            if (typed.trim() !== '') take(typed);
          }}
          placeholder={value.length === 0 ? words.filter.matchers_hint : ''}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          aria-invalid={message !== null || undefined}
          aria-describedby={`${id}-say`}
        />
      </div>
      {error !== null && (
        <pre className="matcher-place" aria-hidden="true">
          {typed.slice(Math.max(0, error.at - 40), error.at + 20)}
          {'\n'}
          {' '.repeat(Math.min(error.at, 40))}^
        </pre>
      )}
      <p
        id={`${id}-say`}
        className={message === null && told.length === 0 ? 'visually-hidden' : 'field-error'}
        role="status"
      >
        {message ?? told[0] ?? words.filter.add}
      </p>
    </div>
  );
}

function messageOf({ problem, came }: MatcherError, words: CommonWords['matcher']): string {
  switch (problem) {
    case 'name':
      return words.name(came);
    case 'operator':
      return words.operator(came);
    case 'rest':
      return words.rest(came);
    case 'name_end':
      return words.name_end;
    case 'value':
      return words.value;
    case 'quote':
      return words.quote;
  }
}
