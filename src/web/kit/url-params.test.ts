import { describe, expect, it } from 'vitest';
import { flag, oneOf, readParams, text, texts, writeParams } from './url-params.js';

const PARAMS = { q: text(), state: oneOf(['running', 'failed']), matcher: texts(3), dry: flag(), since: text('24h') };

describe('state in the address', () => {
  it('reads what it wrote', () => {
    const values = { q: 'a&b=c #', state: 'failed', matcher: ['a="1"', 'b=~"x,y"'], dry: true, since: '7d' } as const;

    const search = writeParams(PARAMS, '', values);

    expect(readParams(PARAMS, search)).toEqual(values);
  });

  it('leaves out what is as it is anyway', () => {
    expect(writeParams(PARAMS, '?q=x&dry=true', { q: '', dry: false, since: '24h', matcher: [], state: '' })).toBe('');
    expect(readParams(PARAMS, '')).toEqual({ q: '', state: '', matcher: [], dry: false, since: '24h' });
  });

  it('takes an address that somebody mangled', () => {
    const search = '?state=burning&dry=maybe&matcher=&matcher=a&matcher=b&matcher=c&matcher=d&q=1&q=2';

    expect(readParams(PARAMS, search)).toEqual({
      q: '1',
      state: '',
      matcher: ['a', 'b', 'c'],
      dry: false,
      since: '24h',
    });
  });

  it('keeps what belongs to others, and what was not changed', () => {
    expect(writeParams(PARAMS, '?tab=graph&q=old&dry=true', { q: 'new' })).toBe('?tab=graph&dry=true&q=new');
  });

  it('tells an emptied filter from one that was never set', () => {
    const since = writeParams(PARAMS, '', { since: '' });

    expect(since).toBe('?since=');
    expect(readParams(PARAMS, since).since).toBe('');
  });
});
