import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Icon } from './icon.js';
import type { IconName } from './icon.js';
import { Link } from './link.js';
import './button.css';

/** How much a button asks for attention; at most one `primary` or `danger` in a place. */
export type Tone = 'plain' | 'primary' | 'danger' | 'quiet';

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> {
  readonly tone?: Tone;
  readonly icon?: IconName;
  readonly size?: 'm' | 's';
  /** Under way: it cannot be pressed again, and says so. */
  readonly busy?: boolean;
  readonly children: ReactNode;
}

/** Does something. What leads somewhere is a `LinkButton`. */
export function Button({
  tone = 'plain',
  size = 'm',
  icon,
  busy = false,
  children,
  type,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type ?? 'button'}
      className={`button ${tone} ${size}`}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
    >
      {icon && <Icon name={icon} />}
      <span className="truncate">{children}</span>
    </button>
  );
}

interface LinkButtonProps {
  readonly href: string;
  readonly tone?: Tone;
  readonly size?: 'm' | 's';
  readonly icon?: IconName;
  readonly children: ReactNode;
}

/** A link within the pages that looks like a button. */
export function LinkButton({ href, tone = 'plain', size = 'm', icon, children }: LinkButtonProps) {
  return (
    <Link href={href} className={`button ${tone} ${size}`}>
      {icon && <Icon name={icon} />}
      <span className="truncate">{children}</span>
    </Link>
  );
}

interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'children'> {
  readonly icon: IconName;
  /** What it does, in words: read out, and shown on hover. */
  readonly label: string;
}

/** A button that is only a picture, with its words for those who ask. */
export function IconButton({ icon, label, type, ...rest }: IconButtonProps) {
  return (
    <button {...rest} type={type ?? 'button'} className="button icon-only quiet" aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}
