import { describe, expect, it } from 'vitest';
import { decodeWords, mailHeader } from './mail.js';

describe('decodeWords', () => {
  it.each([
    ['plain text', 'plain text'],
    ['=?UTF-8?B?5pSv5LuY572R5YWz?= ok', '支付网关 ok'],
    ['=?utf-8?q?caf=C3=A9_au_lait?=', 'café au lait'],
    ['=?UTF-8?Q?=E6=94=AF?= =?UTF-8?Q?=E4=BB=98?=', '支付'],
    ['=?UTF-8?B?5pQ=?= =?UTF-8?B?r+S7mA==?=', '支付'],
    ['=?gb2312?B?1qe4tg==?=', '支付'],
    ['=?x-unknown?B?5pSv?=', '=?x-unknown?B?5pSv?='],
  ])('decodes %j to %j', (encoded, decoded) => {
    expect(decodeWords(encoded)).toBe(decoded);
  });
});

describe('mailHeader', () => {
  it('unfolds a header, whatever its case, and does not look into the body', () => {
    const raw = 'To: a@example.com\r\nsubject: =?UTF-8?B?5pSv?=\r\n =?UTF-8?B?5LuY?=\r\n\r\nX-Late: no\r\n';

    expect(mailHeader(raw, 'Subject')).toBe('支付');
    expect(mailHeader(raw, 'X-Late')).toBe('');
  });
});
