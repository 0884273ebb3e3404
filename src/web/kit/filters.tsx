import { useState } from 'react';
import type { ReactNode } from 'react';
import { useWords } from '../words/language.js';
import { Button } from './button.js';
import { Field, Select, TextInput } from './field.js';
import { useMedia } from './media.js';
import './filters.css';

interface FiltersProps {
  /** The filters that matter most: always seen. */
  readonly children: ReactNode;
  /** The others, behind a button on narrow screens. */
  readonly more?: ReactNode;
  /** How many are set: what `clear` takes away. */
  readonly active: number;
  readonly onClear: () => void;
}

/** The bar above a list. Its state is the page's, in the address (`useUrlState`). */
export function Filters({ children, more, active, onClear }: FiltersProps) {
  const words = useWords();
  const isNarrow = useMedia('(max-width: 720px)');
  const [open, setOpen] = useState(false);
  return (
    <div className="filters" role="search" aria-label={words.filter.label}>
      {children}
      {more && isNarrow && (
        <Button icon="filter" aria-expanded={open} onClick={() => setOpen(!open)}>
          {words.filter.more}
        </Button>
      )}
      {more && (!isNarrow || open) && more}
      {active > 0 && (
        <Button tone="quiet" icon="cross" onClick={onClear}>
          {words.do.clear}
        </Button>
      )}
    </div>
  );
}

interface FilterSelectProps<V extends string> {
  readonly label: string;
  readonly value: V | '';
  readonly options: readonly { readonly value: V; readonly label: string }[];
  readonly onChange: (value: V | '') => void;
}

/** One of a few, or any. */
export function FilterSelect<V extends string>({ label, value, options, onChange }: FilterSelectProps<V>) {
  const words = useWords();
  return (
    <Field label={label}>
      {(field) => (
        <Select<V | ''>
          {...field}
          value={value}
          options={[{ value: '', label: words.filter.any }, ...options]}
          onChange={onChange}
        />
      )}
    </Field>
  );
}

interface FilterTextProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly onChange: (value: string) => void;
}

/** A text to filter by, applied by Enter or when the field is left: not at every key. */
export function FilterText({ label, value, placeholder, onChange }: FilterTextProps) {
  return (
    <Field label={label}>{(field) => <Draft key={value} {...field} {...{ value, placeholder, onChange }} />}</Field>
  );
}

function Draft({
  value,
  onChange,
  ...rest
}: Omit<FilterTextProps, 'label' | 'placeholder'> & { placeholder: string | undefined }) {
  const [draft, setDraft] = useState(value);
  const apply = (): void => {
    if (draft.trim() !== value) onChange(draft.trim());
  };
  return (
    <TextInput
      {...rest}
      type="search"
      value={draft}
      onChange={setDraft}
      onBlur={apply}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !event.nativeEvent.isComposing) apply();
      }}
    />
  );
}

/** How far back, in the words of the API (`24h`). */
export const SPANS = ['1h', '6h', '24h', '7d', '30d'] as const;
export type SpanChoice = (typeof SPANS)[number];

/** Since when, as a span before now. */
export function FilterSince({
  value,
  onChange,
}: {
  readonly value: SpanChoice | '';
  readonly onChange: (value: SpanChoice | '') => void;
}) {
  const { filter } = useWords();
  return (
    <FilterSelect
      label={filter.since}
      value={value}
      options={SPANS.map((span) => ({ value: span, label: filter.last[span] }))}
      onChange={onChange}
    />
  );
}
