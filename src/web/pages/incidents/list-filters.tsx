import { useSession } from '../../api/session.js';
import { Field, Select } from '../../kit/field.js';
import { FilterSelect, FilterSince, FilterText, Filters } from '../../kit/filters.js';
import { useOverview } from '../../shell/overview.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';
import { countText } from '../../words/pair.js';
import { ORDERS, PRIORITIES, SEVERITIES, STATES, activeOf } from './list-params.js';
import type { Filter } from './list-params.js';
import { PriorityMark } from '../../kit/priority-mark.js';

interface IncidentFiltersProps {
  readonly filter: Filter;
  readonly onChange: (change: Partial<Filter>) => void;
}

/** The bar above the list, and how many are open of each priority: one press shows them. */
export function IncidentFilters({ filter, onChange }: IncidentFiltersProps) {
  const { list, order } = useWords(incidentsWords);
  const common = useWords();
  const { name } = useSession();
  const { open, acknowledged, resolved } = common.state;
  const states = { unresolved: list.unresolved, open, acknowledged, resolved, all: list.all };
  const clear: Filter = {
    state: 'unresolved',
    priority: '',
    severity: '',
    service: '',
    assignee: '',
    since: '',
    order: 'worst',
  };
  return (
    <div className="stack">
      <Filters
        active={activeOf(filter)}
        onClear={() => onChange(clear)}
        more={
          <>
            <FilterText
              label={list.service}
              placeholder={list.service_hint}
              value={filter.service}
              onChange={(service) => onChange({ service })}
            />
            <FilterText
              label={list.assignee}
              placeholder={list.service_hint}
              value={filter.assignee}
              onChange={(assignee) => onChange({ assignee })}
            />
            <FilterSelect
              label={list.severity}
              value={filter.severity}
              options={SEVERITIES.map((value) => ({ value, label: common.severity[value] }))}
              onChange={(severity) => onChange({ severity })}
            />
            {filter.state !== 'resolved' && filter.state !== 'all' && filter.state !== '' && (
              <Field label={order.label}>
                {(field) => (
                  <Select
                    {...field}
                    value={filter.order === '' ? 'worst' : filter.order}
                    options={ORDERS.map((value) => ({ value, label: order[value] }))}
                    onChange={(value) => onChange({ order: value })}
                  />
                )}
              </Field>
            )}
            <FilterSince value={filter.since} onChange={(since) => onChange({ since })} />
          </>
        }
      >
        <Field label={list.state}>
          {(field) => (
            <Select
              {...field}
              value={filter.state === '' ? 'all' : filter.state}
              options={STATES.map((value) => ({ value, label: states[value] }))}
              onChange={(state) => onChange({ state })}
            />
          )}
        </Field>
        <FilterSelect
          label={list.priority}
          value={filter.priority}
          options={PRIORITIES.map((value) => ({ value, label: value }))}
          onChange={(priority) => onChange({ priority })}
        />
      </Filters>
      <ByPriority filter={filter} onChange={onChange} me={name} />
    </div>
  );
}

function ByPriority({ filter, onChange, me }: IncidentFiltersProps & { readonly me: string }) {
  const { list } = useWords(incidentsWords);
  const { data } = useOverview();
  if (data === undefined || data.incidents.open === 0) return null;
  const counts: Readonly<Record<string, number | undefined>> = data.incidents.by_priority;
  return (
    <div className="row incident-counts" role="group" aria-label={list.by_priority}>
      {PRIORITIES.map((priority) => {
        const count = counts[priority] ?? 0;
        const isOn = filter.priority === priority && filter.state === 'unresolved';
        if (count === 0 && !isOn) return null;
        return (
          <button
            key={priority}
            type="button"
            className="incident-count"
            aria-pressed={isOn}
            onClick={() => onChange({ state: 'unresolved', priority: isOn ? '' : priority })}
          >
            <PriorityMark priority={priority} />
            <span className="number">{countText(count)}</span>
          </button>
        );
      })}
      <button
        type="button"
        className="incident-count"
        aria-pressed={filter.assignee === me}
        onClick={() => onChange({ assignee: filter.assignee === me ? '' : me })}
      >
        {list.mine}
      </button>
    </div>
  );
}
