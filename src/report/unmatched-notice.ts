import type { Language, PlainNotice } from '../domain/notifier.js';
import type { UnmatchedBatch } from '../domain/rule/unmatched.js';
import { plain } from './plain.js';

const MAX_LINES = 10;

/** What people are told of alerts that no rule takes: each of them, or how many of which kind. */
export function unmatchedNotice(
  { count, kinds, first, since }: UnmatchedBatch,
  language: Language,
): Omit<PlainNotice, 'channels'> {
  const [only] = first;
  const chinese = language === 'zh';
  const name = (kind: (typeof first)[number]): string => {
    const service = kind.service_name === null ? '' : plain(kind.service_name, 100);
    const where = service === '' ? '' : chinese ? `(${service})` : ` at ${service}`;
    return `${plain(kind.alert_name, 100)}${where}`;
  };
  const lines = first.slice(0, MAX_LINES).map((kind) => {
    const times = kind.count > 1 ? `${kind.count} × ` : '';
    return `- ${times}${name(kind)} [${kind.severity}]: ${plain(kind.description, 200)} (${kind.alert_id})`;
  });
  const more = kinds - lines.length;
  if (more > 0) lines.push(chinese ? `- 另有 ${more} 种` : `- ${more} more kinds`);
  const single = count === 1 && only !== undefined;
  const subject = chinese
    ? single
      ? `没有规则处理告警 ${name(only)}`
      : `没有规则处理的告警 ${count} 条`
    : single
      ? `No rule takes the alert ${name(only)}`
      : `No rule takes ${count} alerts`;
  const why = chinese
    ? `自 ${since} 起。没有运行被启动。用 fixpoint explain 查看每条规则为何不匹配。`
    : `Since ${since}. No run was started. fixpoint explain tells why each rule does not match.`;
  const critical = first.some(({ severity }) => severity === 'critical');
  return { subject, text: `${[...lines, '', why].join('\n')}\n`, severity: critical ? 'critical' : 'warning' };
}
