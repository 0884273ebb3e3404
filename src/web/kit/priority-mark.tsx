import { Icon } from './icon.js';
import { signOf, useSignText } from './sign.js';
import './priority-mark.css';

/** A priority in two letters, with its colour and sign; its meaning on hover and for screen readers. */
export function PriorityMark({ priority, size = 's' }: { readonly priority: string; readonly size?: 's' | 'l' }) {
  const text = useSignText()('priority', priority);
  const { tone, icon } = signOf('priority', priority);
  return (
    <span className={`badge priority ${tone} ${size}`} title={text}>
      <Icon name={icon} size={size === 'l' ? 20 : 13} />
      <span aria-hidden="true">{priority}</span>
      <span className="visually-hidden">{text}</span>
    </span>
  );
}
