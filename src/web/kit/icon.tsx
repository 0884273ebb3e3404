/** Each icon on a grid of 16, drawn in strokes of the text's colour. */
const PATHS = {
  now: 'M8 2.2v1.6M8 12.2v1.6M2.2 8h1.6M12.2 8h1.6M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6Z',
  alert: 'M8 2.2a4 4 0 0 0-4 4v2.6L2.8 11h10.4L12 8.8V6.2a4 4 0 0 0-4-4ZM6.6 13.2a1.6 1.6 0 0 0 2.8 0',
  run: 'M5 3.2v9.6l7.6-4.8Z',
  approval: 'M8 1.8 13 3.6v4c0 3-2 5.3-5 6.6-3-1.3-5-3.6-5-6.6v-4ZM5.8 8l1.6 1.6L10.4 6.5',
  playbook: 'M3 2.8h7.5a1.5 1.5 0 0 1 1.5 1.5v9H4.5A1.5 1.5 0 0 1 3 11.8ZM3 11.8a1.5 1.5 0 0 1 1.5-1.5H12M6 5.5h3.5',
  rule: 'M2.5 4h4M2.5 8h4M2.5 12h4M9 3.5l1.2 1.2L12.8 2M9 7.5l1.2 1.2L12.8 6M9.2 11l3.2 2.5M12.4 11l-3.2 2.5',
  incident: 'M8 2 14.5 13.2H1.5ZM8 6.2v3.3M8 11.4v.1',
  silence: 'M3 6h2.2L8.5 3.2v9.6L5.2 10H3ZM11 6.3l3 3.4M14 6.3l-3 3.4',
  system: 'M2.5 3h11v4h-11ZM2.5 9h11v4h-11ZM5 5v.1M5 11v.1',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.3 10.3 13.7 13.7',
  user: 'M8 2.3a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4ZM2.8 13.7c.6-2.6 2.6-4 5.2-4s4.6 1.4 5.2 4',
  more: 'M3.0 8a.5.5 0 1 0 1 0a.5.5 0 1 0-1 0ZM7.5 8a.5.5 0 1 0 1 0a.5.5 0 1 0-1 0ZM12.0 8a.5.5 0 1 0 1 0a.5.5 0 1 0-1 0Z',
  copy: 'M5.5 5.5h7.5v7.5H5.5ZM10.5 5.5V3H3v7.5h2.5',
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  chevron: 'M6 3.5 10.5 8 6 12.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  up: 'M3.5 10 8 5.5 12.5 10',
  plus: 'M8 3v10M3 8h10',
  filter: 'M2 3.5h12M4.5 8h7M6.5 12.5h3',
  keyboard: 'M1.8 4h12.4v8H1.8ZM4.3 6.7v.1M6.8 6.7v.1M9.2 6.7v.1M11.7 6.7v.1M5 9.5h6',
  link: 'M9 3h4v4M13 3 7.5 8.5M11 9.5V13H3V5h3.5',
  back: 'M9.5 3.5 5 8l4.5 4.5M5 8h8.5',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  stop: 'M4 4h8v8H4Z',
  retry: 'M12.8 6A5.2 5.2 0 1 0 13.2 8M13 2.8V6H9.8',
  clock: 'M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2ZM8 5v3.2l2.2 1.4',
  hand: 'M5 8.5V4.2a1 1 0 0 1 2 0v3M7 7V3a1 1 0 0 1 2 0v4M9 7V3.8a1 1 0 0 1 2 0v5.4c0 2.6-1.3 4.3-3.5 4.3-1.8 0-2.8-.9-3.6-2.5L2.8 8.8c-.5-1.1.9-1.8 1.5-.9L5 9',
  dash: 'M4 8h8',
  dot: 'M7.5 8a.5.5 0 1 0 1 0a.5.5 0 1 0-1 0Z',
  ring: 'M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Z',
  going: 'M8 3a5 5 0 1 1-4.3 2.5',
  question: 'M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.5M8 12v.1',
  bang: 'M8 3.5v5.3M8 11.9v.1',
  info: 'M8 7.2v5M8 4.2v.1',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  edit: 'M3 13l.6-2.8L10.8 3l2.2 2.2-7.2 7.2Z',
  trash: 'M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5',
} as const;

/** The names of the icons. */
export type IconName = keyof typeof PATHS;

/** A small picture beside words, or inside an `IconButton`; never the only bearer of a meaning. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
