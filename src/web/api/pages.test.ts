import { describe, expect, it } from 'vitest';
import { meets, overlay } from './pages.js';

interface Item {
  readonly id: string;
  readonly state?: string;
}

const idOf = ({ id }: Item): string => id;
const items = (...ids: string[]): Item[] => ids.map((id) => ({ id }));
const page = (...ids: string[]) => ({ items: items(...ids), next_cursor: 'more' });

describe('the fresh head of a list', () => {
  it('puts new entries in front and changed ones in their place', () => {
    const fresh = [{ id: 'e' }, { id: 'd' }, { id: 'c', state: 'failed' }];

    expect(overlay({ items: fresh, next_cursor: 'more' }, items('d', 'c', 'b', 'a'), idOf)).toEqual([
      { id: 'e' },
      { id: 'd' },
      { id: 'c', state: 'failed' },
      { id: 'b' },
      { id: 'a' },
    ]);
  });

  it('shows an entry once, also where pages overlap because the list has grown', () => {
    expect(overlay(page('d'), items('d', 'c', 'c', 'b'), idOf).map(idOf)).toEqual(['d', 'c', 'b']);
  });

  it('lets go what has left the filter: all that stands before its last entry and is not in it', () => {
    expect(overlay(page('d', 'b'), items('d', 'c', 'b', 'a'), idOf).map(idOf)).toEqual(['d', 'b', 'a']);
  });

  it('speaks for the whole list where no page follows it', () => {
    const last = { items: items('c'), next_cursor: null };
    const none = { items: items(), next_cursor: null };

    expect(overlay(last, items('c', 'b', 'a'), idOf).map(idOf)).toEqual(['c']);
    expect(overlay(none, items('b', 'a'), idOf)).toEqual([]);
  });

  it('leaves the list as it is while it is on its way', () => {
    expect(overlay(undefined, items('b', 'a'), idOf).map(idOf)).toEqual(['b', 'a']);
  });

  it('meets the known pages where they share an entry; else what lies between is unknown', () => {
    expect(meets(page('f', 'e', 'd'), page('d', 'c'), idOf)).toBe(true);
    expect(meets(page('h', 'g', 'f'), page('d', 'c'), idOf)).toBe(false);
    expect(meets({ items: [], next_cursor: null }, { items: [], next_cursor: null }, idOf)).toBe(true);
  });
});
