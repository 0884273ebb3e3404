import { useEffect, useId, useMemo, useRef } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { oneOf } from './url-params.js';
import { useUrlState } from './url-state.js';
import './tabs.css';

/** One of several views of the same thing. */
export interface Tab {
  readonly id: string;
  readonly label: string;
  /** A number beside the label. */
  readonly count?: number;
  readonly panel: () => ReactNode;
}

interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  /** Its name in the address. */
  readonly param?: string;
}

/** Tabs whose choice is in the address; arrow keys move between them. Only the chosen panel is drawn. */
export function Tabs({ label, tabs, param = 'tab' }: TabsProps) {
  const id = useId();
  const names = tabs.map((tab) => tab.id).join('\n');
  const params = useMemo(() => ({ [param]: oneOf(names.split('\n'), names.split('\n')[0] ?? '') }), [param, names]);
  const [values, change] = useUrlState<Record<string, string>>(params);
  const chosen = tabs.find((tab) => tab.id === values[param]) ?? tabs[0];
  const list = useRef<HTMLDivElement>(null);
  const place = chosen === undefined ? -1 : tabs.indexOf(chosen);
  // A number that comes later makes its tab wider, and moves those behind it.
  const wide = tabs.map(({ count }) => count ?? '').join();
  useEffect(() => {
    // Where they are wider than the window, the chosen one is to be seen; the first one is anyway.
    const tab = place > 0 ? list.current?.children[place] : undefined;
    if (list.current !== null && tab !== undefined) bringIntoView(list.current, tab);
  }, [place, wide]);
  if (chosen === undefined) return null;
  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    const next = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const target = next === undefined ? undefined : tabs[(next + tabs.length) % tabs.length];
    if (target === undefined) return;
    event.preventDefault();
    change({ [param]: target.id });
    document.getElementById(`${id}-${target.id}`)?.focus();
  }
  return (
    <div className="tabs">
      <div ref={list} role="tablist" aria-label={label} className="tab-list" onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            id={`${id}-${tab.id}`}
            type="button"
            role="tab"
            className="tab"
            aria-selected={tab === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={tab === chosen ? 0 : -1}
            onClick={() => change({ [param]: tab.id })}
          >
            {tab.label}
            {/* The space is for who hears it: “Steps 6”. */}
            {tab.count !== undefined && (
              <>
                {' '}
                <span className="tab-count number">{tab.count}</span>
              </>
            )}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${chosen.id}`} tabIndex={0} className="tab-panel">
        {chosen.panel()}
      </div>
    </div>
  );
}

/** Sideways only: the page stays where it is. */
function bringIntoView(list: Element, tab: Element): void {
  const [outer, inner] = [list.getBoundingClientRect(), tab.getBoundingClientRect()];
  const middle = (inner.left + inner.right) / 2 - (outer.left + outer.right) / 2;
  if (inner.left < outer.left || inner.right > outer.right) list.scrollLeft += middle;
}
