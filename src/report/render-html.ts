import type { Report } from '../domain/run/report.js';
import { wordsOf } from './dictionary.js';
import { html } from './html.js';
import type { HtmlValue, SafeHtml } from './html.js';
import { clockTime, figure } from './plain.js';
import { bannerOf, nothingDone, doneText, linkName } from './render-text.js';
import type { Words } from './words.js';

const FONT = "font-family:-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',Arial,sans-serif";
const CELL = `${FONT};font-size:14px;line-height:20px;color:#1f2328;padding:4px 0;vertical-align:top`;
const SMALL = `${FONT};font-size:12px;line-height:18px;color:#57606a;padding:2px 12px 2px 0;vertical-align:top`;
const LINK = 'color:#0550ae;text-decoration:underline';

/**
 * The report as one HTML page that mail programs show as it is meant: tables, inline styles, dark text on light, nothing loaded and
 * nothing run. Every text is escaped.
 */
export function renderHtml(report: Report): string {
  const words = wordsOf(report.language);
  const page = html`<!doctype html>
    <html lang="${words.html_lang}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light" />
        <title>${report.title}</title>
      </head>
      <body style="margin:0;padding:0;background:#f6f8fa;color:#1f2328">
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f6f8fa">
          <tr>
            <td align="center" style="padding:16px 8px">
              <table
                role="presentation"
                width="640"
                cellpadding="0"
                cellspacing="0"
                border="0"
                style="max-width:640px;width:100%;background:#ffffff;border:1px solid #d0d7de"
              >
                ${rows(report, words)}
              </table>
            </td>
          </tr>
        </table>
      </body>
    </html> `;
  return page.toString();
}

function rows(report: Report, words: Words): SafeHtml[] {
  const deeds = report.recorded_only ? words.heading.recorded : words.heading.done;
  return [
    titleRow(report),
    ...bannerRow(report, words),
    row(html`<p style="${CELL};margin:0;font-size:15px;line-height:23px">${report.summary}</p>`),
    section(words.heading.seen, seenTable(report, words)),
    section(
      deeds,
      lines(
        report.done.map((entry) => doneText(entry, words)),
        nothingDone(report, words),
      ),
    ),
    section(words.heading.left, leftTable(report, words)),
    section(words.heading.timeline, timelineTable(report, words)),
    ...linkRows(report, words),
    section(words.heading.facts, factsTable(report, words)),
    row(html`<p style="${SMALL};margin:0">${words.footer}</p>`),
  ];
}

/** Green only for a run that really ended well; grey for one that did nothing, whatever it recorded. */
function colourOf(report: Report): string {
  if (report.state === 'failed' || report.outcome === 'not_fixed') return '#cf222e';
  if (report.recorded_only) return '#6e7781';
  if (report.state === 'succeeded')
    return report.left.some((entry) => entry.reason === 'failed') ? '#bf8700' : '#1a7f37';
  return report.state === 'waiting' || report.state === 'cancelled' ? '#bf8700' : '#6e7781';
}

function titleRow(report: Report): SafeHtml {
  const style = `${FONT};font-size:19px;line-height:26px;margin:0;color:#1f2328`;
  return html`<tr>
    <td style="padding:16px 24px 8px;border-top:6px solid ${colourOf(report)}">
      <h1 style="${style}">${report.title}</h1>
    </td>
  </tr>`;
}

function bannerRow(report: Report, words: Words): SafeHtml[] {
  const banner = bannerOf(report, words);
  if (banner === null) return [];
  const style = `${FONT};font-size:14px;line-height:20px;font-weight:bold;color:#1f2328;background:#fff8c5;border:1px solid #d4a72c;padding:8px 12px;margin:0`;
  return [row(html`<p style="${style}">${banner}</p>`)];
}

function row(content: HtmlValue): SafeHtml {
  return html`<tr>
    <td style="padding:8px 24px">${content}</td>
  </tr>`;
}

function section(heading: string, content: HtmlValue): SafeHtml {
  const style = `${FONT};font-size:14px;line-height:20px;margin:8px 0 4px;color:#1f2328;border-bottom:1px solid #d8dee4`;
  return row(
    html`<h2 style="${style}">${heading}</h2>
      ${content}`,
  );
}

function table(content: readonly SafeHtml[]): SafeHtml {
  return html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
    ${content}
  </table>`;
}

function lines(texts: readonly string[], nothing: string): SafeHtml {
  const shown = texts.length === 0 ? [nothing] : texts;
  return table(shown.map((text) => html`<tr><td style="${CELL}">${text}</td></tr>`)); // prettier-ignore
}

function pairs(entries: readonly (readonly [string, HtmlValue])[]): SafeHtml {
  return table(
    entries.map(
      ([name, value]) =>
        html`<tr>
          <td width="34%" style="${SMALL}">${name}</td>
          <td style="${CELL};padding:2px 0">${value}</td>
        </tr>`,
    ),
  );
}

function seenTable(report: Report, words: Words): SafeHtml {
  if (report.seen.length === 0) return lines([], words.nothing.seen);
  return pairs(report.seen.map((entry) => [entry.name, entry.text]));
}

function leftTable(report: Report, words: Words): SafeHtml {
  if (report.left.length === 0) return lines([], words.nothing.left);
  return pairs(report.left.map((entry) => [words.left_reason[entry.reason], entry.text]));
}

function timelineTable(report: Report, words: Words): SafeHtml {
  const since = report.started_at ?? report.timeline[0]?.at ?? null;
  return table(
    report.timeline.map((entry) => {
      const taken = entry.duration_ms === null ? '' : words.timeline.took(words.duration(entry.duration_ms));
      const colour = entry.state === 'failed' ? 'color:#cf222e' : 'color:#1f2328';
      return html`<tr>
        <td width="20%" style="${SMALL};white-space:nowrap">${clockTime(entry.at, since)}</td>
        <td style="${CELL};font-size:13px;padding:2px 0;${colour}">${entry.text}${taken}</td>
      </tr>`;
    }),
  );
}

function linkRows(report: Report, words: Words): SafeHtml[] {
  const entries = Object.entries(report.links);
  if (entries.length === 0) return [];
  const links = entries.map(
    ([name, address]) =>
      html`<tr>
        <td style="${CELL}">
          <a href="${address}" rel="noopener noreferrer" style="${LINK}">${linkName(name, words)}</a>
        </td>
      </tr>`,
  );
  return [section(words.heading.links, table(links))];
}

function factsTable(report: Report, words: Words): SafeHtml {
  const { alert } = report;
  const facts: [string, string | null][] = [
    [words.fact.alert, alert === null ? null : alertText(alert)],
    [words.fact.severity, alert?.severity ?? null],
    [words.fact.service, report.service_name],
    [words.fact.host, alert?.host_ip ?? null],
    [words.fact.playbook, `${report.playbook_name} (${report.playbook_id})`],
    [words.fact.rule, report.rule_id],
    [words.fact.incident, incidentText(report)],
    [words.fact.state, words.run_state[report.state]],
    [words.fact.outcome, report.outcome === null ? null : words.outcome[report.outcome]],
    [words.fact.run, report.run_id],
  ];
  return pairs(facts.flatMap(([name, value]) => (value === null || value === '' ? [] : [[name, value] as const])));
}

function alertText(alert: NonNullable<Report['alert']>): string {
  const value = alert.metric_value === null ? '' : ` (${figure(alert.metric_value, alert.metric_unit)})`;
  return alert.description === '' ? `${alert.alert_name}${value}` : `${alert.alert_name}${value}: ${alert.description}`;
}

function incidentText({ incident }: Report): string | null {
  return incident ? `${incident.priority} ${incident.title} (${incident.incident_id})` : null;
}
