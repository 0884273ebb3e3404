import { useId, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { useWords } from '../words/language.js';
import { Icon } from './icon.js';
import type { IconName } from './icon.js';
import './menu.css';

/** An action that a menu offers. */
export interface MenuItem {
  readonly id: string;
  readonly label: string;
  readonly icon?: IconName;
  readonly onSelect: () => void;
}

/** Three dots that open a list of actions; arrow keys move, Escape closes. Nothing is offered when there is nothing. */
export function Menu({ items }: { readonly items: readonly MenuItem[] }) {
  const words = useWords();
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  if (items.length === 0) return null;
  const close = (): void => list.current?.hidePopover();
  function onKeyDown(event: KeyboardEvent): void {
    const all = [...(list.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const place = all.indexOf(document.activeElement as HTMLElement); // -1 where it is none of them
    const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all[(next + all.length) % all.length]?.focus();
  }
  return (
    <>
      <button
        ref={opener}
        type="button"
        className="button icon-only quiet"
        popoverTarget={id}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={words.do.actions}
        title={words.do.actions}
      >
        <Icon name="more" />
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        className="menu"
        onKeyDown={onKeyDown}
        onToggle={(event) => {
          const isOpen = event.newState === 'open';
          setOpen(isOpen);
          if (!isOpen || opener.current === null || list.current === null) return;
          placeBeside(opener.current, list.current);
          list.current.querySelector<HTMLElement>('[role=menuitem]')?.focus();
        }}
      >
        {items.map((item) => (
          <Item key={item.id} item={item} onClose={close} />
        ))}
      </div>
    </>
  );
}

function Item({ item, onClose }: { readonly item: MenuItem; readonly onClose: () => void }) {
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      className="menu-item"
      onClick={() => {
        onClose();
        item.onSelect();
      }}
    >
      {item.icon && <Icon name={item.icon} />}
      <span>{item.label}</span>
    </button>
  );
}

/** Below the button, inside the window. */
function placeBeside(button: HTMLElement, float: HTMLElement): void {
  const from = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = float;
  const below = from.bottom + 4 + height <= window.innerHeight;
  float.style.left = `${Math.max(8, Math.min(from.right - width, window.innerWidth - width - 8))}px`;
  float.style.top = `${Math.max(8, below ? from.bottom + 4 : from.top - 4 - height)}px`;
}
