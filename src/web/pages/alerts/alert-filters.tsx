import { FilterSelect, FilterSince, Filters, FilterText, SPANS } from '../../kit/filters.js';
import { Icon } from '../../kit/icon.js';
import { MatcherInput } from '../../kit/matcher-input.js';
import { exactText } from '../../kit/time.js';
import { alertsWords } from '../../words/alerts.js';
import { useWords } from '../../words/language.js';
import { ACTIONS, DROP_REASONS, HOLD_REASONS, LINKED_KEYS, SEVERITIES, STATUSES } from './alert-filter.js';
import type { AlertFilter } from './alert-filter.js';

interface AlertFiltersProps {
  readonly filter: AlertFilter;
  readonly active: number;
  readonly problems: Readonly<Record<number, string>>;
  readonly onChange: (change: Partial<AlertFilter>) => void;
  readonly onClear: () => void;
}

/** The bar above the list of alerts; all filters stand in the address. */
export function AlertFilters({ filter, active, problems, onChange, onClear }: AlertFiltersProps) {
  const w = useWords(alertsWords).filter;
  return (
    <div className="alerts-filters">
      <Filters active={active} onClear={onClear} more={<MoreFilters filter={filter} onChange={onChange} />}>
        <MatcherInput value={filter.matcher} onChange={(matcher) => onChange({ matcher })} problems={problems} />
        <FilterText
          label={w.text}
          placeholder={w.text_hint}
          value={filter.text}
          onChange={(text) => onChange({ text })}
        />
        <FilterSince
          value={SPANS.find((span) => span === filter.since) ?? ''}
          onChange={(since) => onChange({ since, until: '' })}
        />
      </Filters>
      <LinkedFilters filter={filter} onChange={onChange} label={w.also} />
    </div>
  );
}

type PartProps = Pick<AlertFiltersProps, 'filter' | 'onChange'>;

function MoreFilters({ filter, onChange }: PartProps) {
  const w = useWords(alertsWords).filter;
  const words = useWords();
  const reasons =
    filter.action === 'hold'
      ? HOLD_REASONS
      : filter.action === 'drop'
        ? DROP_REASONS
        : [...HOLD_REASONS, ...DROP_REASONS];
  return (
    <>
      <FilterSelect
        label={w.severity}
        value={filter.severity}
        options={SEVERITIES.map((value) => ({ value, label: words.severity[value] }))}
        onChange={(severity) => onChange({ severity })}
      />
      <FilterSelect
        label={w.status}
        value={filter.status}
        options={STATUSES.map((value) => ({ value, label: words.state[value] }))}
        onChange={(status) => onChange({ status })}
      />
      <FilterSelect
        label={w.action}
        value={filter.action}
        options={ACTIONS.map((value) => ({ value, label: words.action[value] }))}
        onChange={(action) => onChange({ action, reason: '' })}
      />
      {filter.action !== 'run' && filter.action !== 'join' && (
        <FilterSelect
          label={w.reason}
          value={filter.reason}
          options={reasons.map((value) => ({ value, label: words.decision_reason[value] }))}
          onChange={(reason) => onChange({ reason })}
        />
      )}
      <FilterText
        label={w.source}
        placeholder="alertmanager"
        value={filter.source_system}
        onChange={(source_system) => onChange({ source_system })}
      />
      <FilterText
        label={w.service}
        placeholder={w.service_hint}
        value={filter.service_name}
        onChange={(service_name) => onChange({ service_name })}
      />
    </>
  );
}

/** What a link from another page filters by: said, and taken away by a press. */
function LinkedFilters({ filter, onChange, label }: PartProps & { readonly label: string }) {
  const w = useWords(alertsWords).filter;
  const words = useWords();
  const since = SPANS.some((span) => span === filter.since) ? [] : (['since'] as const);
  const set = [...since, ...LINKED_KEYS].filter((key) => filter[key] !== '');
  if (set.length === 0) return null;
  return (
    <ul className="alerts-linked" aria-label={label}>
      {set.map((key) => {
        const said = `${w.keys[key]}: ${valueText(key, filter[key])}`;
        return (
          <li key={key} className="chip">
            <span className="truncate" dir="auto">
              {said}
            </span>
            <button type="button" aria-label={words.do.remove(said)} onClick={() => onChange({ [key]: '' })}>
              <Icon name="cross" size={12} />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function valueText(key: string, value: string): string {
  const at = key === 'since' || key === 'until' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? value : exactText(at);
}
