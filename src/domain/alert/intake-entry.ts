import { z } from 'zod';
import { FixpointError } from '../errors.js';
import { CHANGE_ROOTS, IntakeChanges } from './alert-change.js';
import { compileBare, expressionText } from './field-expression.js';
import { MAX_MATCHER_LENGTH, parseMatcher } from './label.js';
import { didYouMean } from '../nearest.js';

const Name = z.string().min(1).max(200);
const MatcherText = z
  .string()
  .max(MAX_MATCHER_LENGTH)
  .superRefine((text, context) => {
    try {
      parseMatcher(text);
    } catch (error) {
      if (!(error instanceof FixpointError)) throw error;
      context.addIssue({ code: 'custom', message: `${error.message}; came ${text.slice(0, 100)}` });
    }
  });

const NOTHING_DONE = 'expected at least one of drop, rename_labels, set, remove_labels';
const DROP_ALONE = 'what is dropped is not changed: leave out rename_labels, set and remove_labels';

/** One entry of `intake`: which alerts, and what is done to them before anybody else sees them. */
export const IntakeEntry = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, 'expected letters, digits, ., _, : and -')
      .max(100)
      .describe('Stands in the decision of what it drops'),
    sources: z.array(z.string().min(1).max(200)).min(1).max(100).optional().describe('As in the webhook; unset: all'),
    matchers: z.array(MatcherText).min(1).max(50).optional().describe('Alertmanager syntax on labels; all must hold'),
    when: expressionText((text) => compileBare(text, CHANGE_ROOTS))
      .optional()
      .describe('A CEL expression over alert; unset: always'),
    drop: z.literal(true).optional().describe('It is kept with the decision drop, reason filtered, and starts nothing'),
    rename_labels: z.record(Name, Name).optional().describe('Old name: new name; done first'),
    set: IntakeChanges.optional(),
    remove_labels: z.array(Name).min(1).max(100).optional().describe('Names; done last'),
  })
  .superRefine((entry, context) => {
    const changes = [entry.rename_labels, entry.set, entry.remove_labels].some((change) => change !== undefined);
    if (entry.drop === undefined && !changes) context.addIssue({ code: 'custom', message: NOTHING_DONE });
    if (entry.drop !== undefined && changes) context.addIssue({ code: 'custom', message: DROP_ALONE });
  });
export type IntakeEntry = z.infer<typeof IntakeEntry>;

/** The setting `intake`: entries that are done one after the other, each on what the ones before have made of the alert. */
export function intakeEntries(sources: readonly string[]): z.ZodType<IntakeEntry[]> {
  return z
    .array(IntakeEntry)
    .max(500)
    .superRefine((entries, context) => {
      const seen = new Set<string>();
      for (const [index, entry] of entries.entries()) {
        const { name } = entry;
        if (seen.has(name))
          context.addIssue({ code: 'custom', path: [index, 'name'], message: `there is another ${name}` });
        seen.add(name);
        for (const [at, source] of (entry.sources ?? []).entries()) {
          if (sources.includes(source.split('/', 1)[0] ?? '')) continue;
          const message = `no source ${source}; expected one of ${sources.join(', ')}${didYouMean(source, sources)}`;
          context.addIssue({ code: 'custom', path: [index, 'sources', at], message });
        }
      }
    });
}
