import { describe, expect, it } from 'vitest';
import { deepFilesIn, isSaid, said, sentencesIn } from './helper/written-sentences.js';

const NOTIFIERS = 'src/notifier';

/** What a configuration may hold is told when it is read, with its place; the others are parts of longer sentences and of messages. */
const PARTS: readonly string[] = [
  'an empty answer',
  'an answer without a result code: ${said}',
  'expected either url or access_token',
  'expected username and password, or neither',
  'a password is never sent without TLS',
  'not a mail address',
  'more than ${MAX_RECIPIENTS} recipients',
  "<at id=${id.replace(/[^\\w-]/g, '')}></at>",
  'expected an address that begins with https:// or http://',
  'expected https:// or http://',
  'expected an address without user name and password',
  "expected a configured notifier (${names.join(', ') || 'none is configured'}), got ${JSON.stringify(name)}",
  '**<font color="${COLOUR[notice.severity]}">${subject}</font>**',
  'unknown error',
  'HTTP ${answer.status}',
  'HTTP ${answer.status} with ${what}',
];

describe('what notifiers say, in Chinese', () => {
  it('is there for every sentence that notifiers write', () => {
    const written = deepFilesIn(NOTIFIERS).flatMap((file) => sentencesIn(file, 'thrown too'));
    const missing = written.filter(
      (sentence) => !PARTS.includes(sentence.text) && !isSaid(sentence) && !isSaid(withItsCode(sentence)),
    );

    expect(written.length).toBeGreaterThan(50);
    expect(missing.map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
    expect(PARTS.filter((part) => !written.some(({ text }) => text === part))).toEqual([]);
  });

  it.each([
    ['the mail server answers; no log-in configured; no message was sent', '邮件服务器有响应；未配置登录；未发送邮件'],
    ['HTTP 200 with an empty answer', 'HTTP 200，应答为空'],
    ['connection refused (ECONNREFUSED)', '连接被拒绝（ECONNREFUSED）'],
    ['the connection was cut (UND_ERR_SOCKET)', '连接被切断（UND_ERR_SOCKET）'],
    [
      'code 310000: sign not match (check notifiers.dingtalk.secret and the clock of this machine)',
      '代码 310000：sign not match（请检查 notifiers.dingtalk.secret 和本机的时钟）',
    ],
    [
      'the mail server refused the log-in; check notifiers.email.username and password: 535 no',
      '邮件服务器拒绝登录：请检查 notifiers.email.username 和 password：535 no',
    ],
    ['there is no playbook PB-A; there are PB-B, PB-C and 2 more', '没有剧本 PB-A；现有：PB-B, PB-C and 2 more'],
    ['there is no run 01ABC', '没有运行 01ABC'],
    ['child2 failed: no playbook PB-Child', 'child2 失败：没有剧本 PB-Child'],
    [
      '{{ !seen.ok }}: seen.ok is true; {{ seen.n > 3 }}: seen.n is missing',
      '{{ !seen.ok }}：seen.ok 为 true；{{ seen.n > 3 }}：seen.n 不存在',
    ],
  ])('says whole: %s', (sentence, chinese) => {
    expect(said(sentence)).toBe(chinese);
  });
});

/** A reason is told with the code of the error that it stands for. */
function withItsCode(sentence: Parameters<typeof isSaid>[0]): Parameters<typeof isSaid>[0] {
  return { ...sentence, forms: sentence.forms.map((form) => [...form, ' (', null, ')']) };
}
