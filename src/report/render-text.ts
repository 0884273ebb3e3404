import type { Report } from '../domain/run/report.js';
import { changeLine } from './change-line.js';
import { wordsOf } from './dictionary.js';
import { isAnyInDoubt } from './left.js';
import { clockTime } from './plain.js';
import type { Words } from './words.js';

const MARKS: Readonly<Record<Report['timeline'][number]['state'], string>> = {
  opened: '▸',
  pending: '·',
  running: '·',
  waiting: '…',
  succeeded: '✔',
  failed: '✘',
  skipped: '-',
  cancelled: '✘',
  resolved: '✔',
  retrying: '↻',
  told: '✉',
  control: '!',
  finished: '■',
  omitted: ' ',
};

/** The report as plain text, the most important first: chat channels cut it from the end. */
export function renderText(report: Report): string {
  const words = wordsOf(report.language);
  const banner = bannerOf(report, words);
  const blocks = [
    ...(banner === null ? [] : [banner]),
    report.summary,
    section(words.heading.seen, seenLines(report, words), words.nothing.seen),
    section(
      report.recorded_only ? words.heading.recorded : words.heading.done,
      doneLines(report, words),
      nothingDone(report, words),
    ),
    section(words.heading.left, leftLines(report, words), words.nothing.left),
    section(words.heading.timeline, timelineLines(report, words), null),
    section(words.heading.links, linkLines(report, words), null),
  ];
  return `${report.title}\n\n${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** What stands in place of deeds; a write in doubt was perhaps one. */
export function nothingDone({ left }: Report, words: Words): string {
  return isAnyInDoubt(left) ? words.nothing.perhaps : words.nothing.done;
}

/** The line that nobody may overlook: this run did nothing. Null for a run that acted, or might have. */
export function bannerOf(report: Report, words: Words): string | null {
  if (!report.recorded_only) return null;
  if (report.dry_run) return words.banner.dry_run;
  return report.mode === 'shadow' ? words.banner.shadow : words.banner.recorded;
}

/** One line per deed; one that was only recorded says so itself, wherever the line ends up. */
export function doneText(entry: Report['done'][number], words: Words): string {
  const change = changeLine(entry, words);
  return entry.recorded_only ? words.timeline.recorded(change) : change;
}

/** The name of a link in the report's language, or its own where we have no word for it. */
export function linkName(name: string, words: Words): string {
  return Object.hasOwn(words.link, name) ? (words.link[name] ?? name) : name;
}

function section(heading: string, lines: readonly string[], nothing: string | null): string {
  if (lines.length === 0 && nothing === null) return '';
  return [heading, ...(lines.length === 0 ? [`  ${nothing ?? ''}`] : lines.map((line) => `  ${line}`))].join('\n');
}

function seenLines(report: Report, words: Words): string[] {
  return report.seen.map((entry) => `• ${words.timeline.step(entry.name, entry.text)}`);
}

function doneLines(report: Report, words: Words): string[] {
  return report.done.map((entry) => `• ${doneText(entry, words)}`);
}

function leftLines(report: Report, words: Words): string[] {
  return report.left.map((entry) => `• [${words.left_reason[entry.reason]}] ${entry.text}`);
}

function timelineLines(report: Report, words: Words): string[] {
  const since = report.started_at ?? report.timeline[0]?.at ?? null;
  return report.timeline.map((entry) => {
    const taken = entry.duration_ms === null ? '' : words.timeline.took(words.duration(entry.duration_ms));
    return `${clockTime(entry.at, since)}  ${MARKS[entry.state]} ${entry.text}${taken}`;
  });
}

function linkLines(report: Report, words: Words): string[] {
  return Object.entries(report.links).map(
    ([name, address]) => `• ${words.timeline.step(linkName(name, words), address)}`,
  );
}
