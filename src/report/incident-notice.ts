import type { IncidentBrief } from '../domain/incident/incident.js';
import type { IncidentNews } from '../domain/incident/incident-rules.js';
import type { Language, Notice, PlainNotice } from '../domain/notifier.js';
import { plain } from './plain.js';

/** More incidents than this are counted, not named: a message is read on a phone. */
const MAX_NAMED = 20;

interface Words {
  readonly what: Readonly<Record<IncidentNews['what'], (by: string) => string>>;
  readonly several: (count: number) => string;
  readonly more: (count: number) => string;
  readonly how: (command: string) => string;
}

const ENGLISH: Words = {
  what: {
    opened: () => 'opened',
    acknowledge_warning: (by) => `has to be acknowledged by ${by}`,
    acknowledge_breached: (by) => `was not acknowledged by ${by}`,
    resolve_warning: (by) => `has to be resolved by ${by}`,
    resolve_breached: (by) => `was not resolved by ${by}`,
  },
  several: (count) => `${count} incidents need a look`,
  more: (count) => `and ${count} more`,
  how: (command) => `To take one: ${command}`,
};

const CHINESE: Words = {
  what: {
    opened: () => '已创建',
    acknowledge_warning: (by) => `需在 ${by} 前确认`,
    acknowledge_breached: (by) => `未在 ${by} 前确认`,
    resolve_warning: (by) => `需在 ${by} 前解决`,
    resolve_breached: (by) => `未在 ${by} 前解决`,
  },
  several: (count) => `${count} 个事件需要关注`,
  more: (count) => `另有 ${count} 个`,
  how: (command) => `接手命令：${command}`,
};

/** One message about all that is new of incidents, the most urgent first, for the given channels. */
export function composeIncidents(
  news: readonly IncidentNews[],
  options: { readonly language: Language; readonly channels: readonly string[] },
): PlainNotice {
  const words = options.language === 'zh' ? CHINESE : ENGLISH;
  const sorted = [...news].sort((a, b) => (a.incident.priority < b.incident.priority ? -1 : 1));
  const lines = sorted.map(({ what, incident, by }) => `${named(incident)}: ${words.what[what](by ?? '')}`);
  const left = lines.length - MAX_NAMED;
  const [first] = sorted;
  const command = `fixpoint incidents ack ${news.length === 1 && first ? first.incident.incident_id : '<incident_id>'}`;
  const text = [...lines.slice(0, MAX_NAMED), ...(left > 0 ? [words.more(left)] : []), '', words.how(command)];
  return {
    subject:
      lines.length === 1 ? (lines[0] ?? '') : `${words.several(lines.length)}: ${first ? named(first.incident) : ''}`,
    text: `${text.join('\n')}\n`,
    severity: severityOf(sorted),
    channels: options.channels,
  };
}

function named({ priority, title, incident_id }: IncidentBrief): string {
  return `${priority} ${plain(title, 200)} (${incident_id})`;
}

/** Somebody is called by name when the worst of it is, or when a clock has run out on it. */
function severityOf(sorted: readonly IncidentNews[]): Notice['severity'] {
  const worst = sorted[0]?.incident.priority ?? 'P4';
  if (worst === 'P0' || worst === 'P1') return 'critical';
  return sorted.some(({ what }) => what.endsWith('_breached')) || worst === 'P2' ? 'warning' : 'info';
}
