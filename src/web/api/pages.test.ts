import { describe, expect, it } from 'vitest';
import { meets, overlay } from './pages.js';

interface Item {
  readonly id: string;
  readonly state?: string;
}

const idOf = ({ id }: Item): string => id;
const items = (...ids: string[]): Item[] => ids.map((id) => ({ id }));

describe('the fresh head of a list', () => {
  it('puts new entries in front and changed ones in their place', () => {
    const fresh = [{ id: 'e' }, { id: 'd' }, { id: 'c', state: 'failed' }];

    expect(overlay(fresh, items('d', 'c', 'b', 'a'), idOf)).toEqual([
      { id: 'e' },
      { id: 'd' },
      { id: 'c', state: 'failed' },
      { id: 'b' },
      { id: 'a' },
    ]);
  });

  it('shows an entry once, also where pages overlap because the list has grown', () => {
    expect(overlay(items('d'), items('d', 'c', 'c', 'b'), idOf).map(idOf)).toEqual(['d', 'c', 'b']);
  });

  it('meets the known pages where they share an entry; else what lies between is unknown', () => {
    const page = (...ids: string[]) => ({ items: items(...ids), next_cursor: 'more' });

    expect(meets(page('f', 'e', 'd'), page('d', 'c'), idOf)).toBe(true);
    expect(meets(page('h', 'g', 'f'), page('d', 'c'), idOf)).toBe(false);
    expect(meets({ items: [], next_cursor: null }, { items: [], next_cursor: null }, idOf)).toBe(true);
  });
});
