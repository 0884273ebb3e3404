import type { Language, PlainNotice } from '../domain/notifier.js';
import type { Storm, StormLevel, StormLimit, StormSummary } from '../domain/decision/storm.js';
import { plain } from './plain.js';

/** Lines of a summary: whoever wants more finds it in the list of alerts. */
const MAX_LINES = 10;

interface StormWords {
  subject(level: StormLevel, before: StormLevel, where: string | null): string;
  starts(count: number, limit: number): string;
  alerts(count: number, limit: number): string;
  meaning(level: StormLevel, before: StormLevel): string;
  ended(by: string, reason: string, until: string): string;
  summary(summary: StormSummary, since: string): string;
  share(name: string, service: string | null, alerts: number, held: number): string;
  more(count: number): string;
}

const ENGLISH: StormWords = {
  subject: (level, before, where) => {
    const what = where === null ? 'Alert storm' : `Alert storm at ${where}`;
    if (level === 0) return `${what} is over`;
    if (level < before) return `${what} calms down: runs start again, their writes need approval`;
    return level === 2 ? `${what}: no new runs start` : `${what}: writes of new runs need approval`;
  },
  starts: (count, limit) => `${count} runs were to start within a minute (limit ${limit})`,
  alerts: (count, limit) => `${count} alerts began to fire within a minute (limit ${limit})`,
  meaning: (level, before) => {
    if (level === 0) return 'Everything starts as usual again. Held alerts that still fire are decided now.';
    if (level === 2) return 'New alerts are held (reason storm) and decided when it is calmer. Open runs go on.';
    return level < before
      ? 'Held alerts that still fire are decided now; what their runs write needs an approval.'
      : 'New runs read and report; what they write needs an approval.';
  },
  ended: (by, reason, until) =>
    `Ended by ${by}: ${reason}\nEverything starts as usual again, and no such storm begins before ${until}. Alerts that it holds are decided at their next repeat, at the latest when their hold ends.`,
  summary: ({ alerts, held, runs }, since) =>
    `Since ${since}: ${alerts} alerts, ${runs} runs started, ${held} alerts held.`,
  share: (name, service, alerts, held) =>
    `- ${alerts} × ${name}${service === null ? '' : ` at ${service}`}${held > 0 ? ` (${held} held)` : ''}`,
  more: (count) => `- ${count} more kinds`,
};

const CHINESE: StormWords = {
  subject: (level, before, where) => {
    const what = where === null ? '告警风暴' : `${where} 告警风暴`;
    if (level === 0) return `${what}已结束`;
    if (level < before) return `${what}减弱:恢复启动,写操作需要审批`;
    return level === 2 ? `${what}:不再启动新的运行` : `${what}:新运行的写操作需要审批`;
  },
  starts: (count, limit) => `一分钟内要启动 ${count} 个运行(上限 ${limit})`,
  alerts: (count, limit) => `一分钟内出现 ${count} 条新告警(上限 ${limit})`,
  meaning: (level, before) => {
    if (level === 0) return '已恢复正常启动。仍在触发的被暂缓告警正在重新判定。';
    if (level === 2) return '新告警被暂缓(原因 storm),平静后再判定。已打开的运行继续。';
    return level < before
      ? '仍在触发的被暂缓告警正在重新判定;其运行的写操作需要审批。'
      : '新的运行只读取并报告;写操作需要审批。';
  },
  ended: (by, reason, until) =>
    `由 ${by} 结束:${reason}\n已恢复正常启动,${until} 之前不会再次进入风暴模式。被暂缓的告警在下次重复时判定,最迟在暂缓结束时判定。`,
  summary: ({ alerts, held, runs }, since) =>
    `自 ${since} 起:${alerts} 条告警,启动 ${runs} 个运行,暂缓 ${held} 条告警。`,
  share: (name, service, alerts, held) =>
    `- ${alerts} × ${name}${service === null ? '' : `(${service})`}${held > 0 ? `,暂缓 ${held}` : ''}`,
  more: (count) => `- 另有 ${count} 种`,
};

/** What people are told when a storm rises or calms down: one message instead of one for each of its alerts. */
export function stormNotice(
  news: {
    readonly storm: Storm;
    readonly before: StormLevel;
    readonly limit: StormLimit;
    readonly summary: StormSummary | null;
  },
  language: Language,
): Omit<PlainNotice, 'channels'> {
  const words = language === 'zh' ? CHINESE : ENGLISH;
  const { storm, before, limit, summary } = news;
  const { level, rates, scope, since, ended } = storm;
  const lines = [
    ...(level > before && limit.starts_per_minute > 0 ? [words.starts(rates.starts, limit.starts_per_minute)] : []),
    ...(level > before && limit.alerts_per_minute > 0 ? [words.alerts(rates.alerts, limit.alerts_per_minute)] : []),
    level === 0 && ended !== undefined
      ? words.ended(plain(ended.by, 100), plain(ended.reason, 300), ended.until)
      : words.meaning(level, before),
    ...(summary === null ? [] : ['', words.summary(summary, since), ...sharesOf(summary, words)]),
  ];
  return {
    subject: words.subject(level, before, scope === '' ? null : plain(scope, 100)),
    text: `${lines.join('\n')}\n`,
    severity: level < before ? 'info' : level === 2 ? 'critical' : 'warning',
  };
}

function sharesOf({ shares }: StormSummary, words: StormWords): string[] {
  const lines = shares
    .slice(0, MAX_LINES)
    .map(({ alert_name, service_name, alerts, held }) =>
      words.share(plain(alert_name, 100), service_name === null ? null : plain(service_name, 100), alerts, held),
    );
  return shares.length > MAX_LINES ? [...lines, words.more(shares.length - MAX_LINES)] : lines;
}
