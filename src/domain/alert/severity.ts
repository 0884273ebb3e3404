import type { Severity } from './alert.js';

/** Lower case, one list a level; `p1` and `sev1` families follow their number. */
const WORDS: Readonly<Record<Severity, string>> = {
  critical:
    'critical crit disaster catastrophic high highest page paging pager emergency emerg panic alert fatal severe urgent major ' +
    'blocker error err p0 p1 s0 s1 sev0 sev1 severity0 severity1 priority0 priority1 red 严重 紧急 致命 灾难 高 高危 重大',
  warning:
    'warning warn average avg medium moderate minor degraded elevated ticket p2 p3 s2 s3 sev2 sev3 severity2 ' +
    'severity3 priority2 priority3 yellow orange amber 警告 告警 一般 中 次要 重要',
  info:
    'info information informational informative notice notification low lowest none debug trace verbose trivial unimportant ' +
    'not_classified unclassified ok success healthy normal clear cleared p4 p5 s4 s5 sev4 sev5 severity4 severity5 priority4 ' +
    'priority5 green blue 信息 提示 通知 低 正常',
};

const SEVERITIES: ReadonlyMap<string, { readonly severity: Severity; readonly known: true }> = new Map(
  (['critical', 'warning', 'info'] as const).flatMap((severity) =>
    WORDS[severity].split(' ').map((word) => [word, { severity, known: true }] as const),
  ),
);

const UNKNOWN = { severity: 'warning', known: false } as const;

/** What a foreign severity word means here, whatever its case, spaces and dashes; a word that nobody knows is a warning. */
export function mapSeverity(word: string): { readonly severity: Severity; readonly known: boolean } {
  const exact = SEVERITIES.get(word);
  if (exact) return exact;
  if (word.length > 50) return UNKNOWN;
  const spaced = word
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_');
  // `SEV-1`, `P 1` and `severity_2` are their families without the space.
  return SEVERITIES.get(spaced) ?? SEVERITIES.get(spaced.replaceAll('_', '')) ?? UNKNOWN;
}
