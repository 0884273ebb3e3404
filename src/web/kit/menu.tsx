import { useId, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useWords } from '../words/language.js';
import { Icon } from './icon.js';
import type { IconName } from './icon.js';
import { Link } from './link.js';
import './menu.css';

/** What a menu offers: an action, or a place to go. */
export interface MenuItem {
  readonly id: string;
  readonly label: string;
  readonly icon?: IconName;
  readonly tone?: 'danger';
  readonly onSelect?: () => void;
  readonly href?: string;
}

interface MenuProps {
  readonly items: readonly MenuItem[];
  /** What the button says; without it: three dots. */
  readonly label?: string;
  readonly button?: ReactNode;
}

/** A button that opens a list of actions; arrow keys move, Escape closes. Nothing is offered when there is nothing. */
export function Menu({ items, label, button }: MenuProps) {
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
        className={`button ${button === undefined ? 'icon-only quiet' : 'plain'}`}
        popoverTarget={id}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label ?? words.do.actions}
        title={button === undefined ? (label ?? words.do.actions) : undefined}
      >
        {button ?? <Icon name="more" />}
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
  const inside = (
    <>
      {item.icon && <Icon name={item.icon} />}
      <span>{item.label}</span>
    </>
  );
  const className = item.tone === 'danger' ? 'menu-item danger' : 'menu-item';
  if (item.href !== undefined)
    return (
      <Link href={item.href} role="menuitem" tabIndex={-1} className={className} onClick={onClose}>
        {inside}
      </Link>
    );
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      className={className}
      onClick={() => {
        onClose();
        item.onSelect?.();
      }}
    >
      {inside}
    </button>
  );
}

/** Below the button, inside the window. */
export function placeBeside(button: HTMLElement, float: HTMLElement): void {
  const from = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = float;
  const below = from.bottom + 4 + height <= window.innerHeight;
  float.style.left = `${Math.max(8, Math.min(from.right - width, window.innerWidth - width - 8))}px`;
  float.style.top = `${Math.max(8, below ? from.bottom + 4 : from.top - 4 - height)}px`;
}
