import { printable } from '../domain/api/event-line.js';
import { Explanation } from '../domain/api/rule.js';
import type { ForeseenStage } from '../domain/decision/foresight.js';
import { ApiClient } from './api-client.js';
import type { ApiOptions } from './api-client.js';
import { outJson, perform, readJson } from './io.js';
import type { CliIo, ExitCode } from './io.js';
import { alertIn } from './run.js';

export interface ExplainOptions extends ApiOptions {
  /** A file with an alert; `-` is standard input. */
  readonly alert: string;
}

/** `fixpoint explain`: every rule, and why it matches the alert or not, and every stage on the way to its decision. Nothing is started. */
export async function explain(options: ExplainOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const api = new ApiClient(io, options);
    const alert = alertIn(await readJson(io, options.alert));
    const answer = await api.post('/api/v1/rules/explain', { alert }, Explanation);
    if (options.json) outJson(io, answer);
    else for (const line of linesOf(answer)) io.out(line);
    return 0;
  });
}

const MARK: Readonly<Record<ForeseenStage['verdict'], string>> = {
  passes: '·',
  changes: '✎',
  joins: '↪',
  asks: '?',
  holds: '⏸',
  drops: '✖',
};

function linesOf({ items, rules, decision, stages }: Explanation): string[] {
  const lines: string[] = [];
  for (const rule of items) {
    const mark = rule.chosen ? '✔' : rule.matched ? '·' : '✖';
    const word = rule.chosen ? 'chosen' : rule.matched ? 'matches, but an earlier rule is chosen' : 'does not match';
    lines.push(printable(`${mark} ${rule.rule_id} → ${rule.playbook_id}: ${word}`));
    for (const reason of rule.reasons) lines.push(`    ${printable(reason)}`);
  }
  if (rules > items.length) lines.push(`… and ${rules - items.length} more rules`);
  lines.push('');
  for (const { stage, verdict, rule_id, until, explanation } of stages) {
    const of = rule_id === null ? '' : ` (${rule_id})`;
    lines.push(printable(`${MARK[verdict]} ${stage}${of}: ${explanation}${until === null ? '' : `, until ${until}`}`));
  }
  const { action, reason } = decision;
  lines.push('', printable(`${reason === null ? action : `${action}, ${reason}`}: ${decision.explanation}`));
  return lines;
}
