import { whenIdle } from './idle.js';

type Typeface = readonly [size: 'xs' | 's' | 'm' | 'l' | 'xl', weight: number, look?: 'number' | 'mono'];

/** What the page of one thing is set in, and lists are not. */
const TYPEFACES: readonly Typeface[] = [
  ['s', 400],
  ['xl', 620],
  ['l', 620],
  ['m', 620],
  ['m', 600],
  ['xs', 400],
  ['xs', 550],
  ['xs', 600],
  ['s', 400, 'number'],
  ['xs', 400, 'number'],
  ['xs', 550, 'number'],
  ['s', 550, 'number'],
  ['m', 400, 'mono'],
  ['xs', 400, 'mono'],
];

const AT_ONCE = 4;

// The browser asks the system for each of them when the first letter of it is drawn, one after the other: measured as a third of the time that
// the first page of one thing takes.
/** Has the browser find, while it has nothing else to do, the typefaces in which the first page of one thing will be set. */
export function findTypefaces(page: Document): void {
  if (page.querySelector('.typefaces') !== null) return;
  const sample = page.createElement('div');
  sample.className = 'typefaces';
  sample.setAttribute('aria-hidden', 'true');
  // Each other script is another typeface.
  const letters = /[\u3400-\u9fff]/.test(page.body.textContent) ? 'Ag0 –中文' : 'Ag0 –';
  // It stays: a typeface that nobody uses is forgotten.
  page.body.append(sample);
  const waiting = [...TYPEFACES];
  function next(): void {
    for (const typeface of waiting.splice(0, AT_ONCE)) sample.append(aLine(page, typeface, letters));
    // To be measured they have to be found.
    sample.lastElementChild?.getBoundingClientRect();
    if (waiting.length > 0) whenIdle(next);
  }
  whenIdle(next);
}

function aLine(page: Document, [size, weight, look]: Typeface, letters: string): HTMLElement {
  const line = page.createElement('p');
  line.style.fontSize = `var(--size-${size})`;
  const part = line.appendChild(page.createElement('span'));
  part.className = look ?? '';
  part.style.fontWeight = String(weight);
  part.textContent = letters;
  return line;
}
