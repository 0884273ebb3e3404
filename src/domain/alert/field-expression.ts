import { z } from 'zod';
import { ALERT_FIELDS } from './alert.js';
import { cut } from '../cut.js';
import { compileTemplate, ExpressionError, formatReference, renderTemplate } from '../expression/expression.js';
import type { Scope } from '../expression/expression.js';
import { MAX_EXPRESSION_LENGTH } from '../expression/cel.js';
import { didYouMean } from '../nearest.js';

/** What a setting says about the value of one field: an expression, text with expressions in it, or plain text. */
export interface FieldExpression {
  /** As its author wrote it. */
  readonly text: string;
  /** Its value. Throws MissingValue when it asks for what is not there, and FixpointError `invalid` for whatever else keeps it from having one. */
  evaluate(scope: Scope): unknown;
}

/** A CEL string or number that stands alone. */
const LITERAL = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[+-]?\d+(?:\.\d+)?)$/s;

/**
 * Compiles the value of a field. What holds `{{ }}` is a template as in playbooks; what names one of the roots (`alert.labels.env`) needs no
 * braces, and neither does a quoted text or a number; everything else is text as it stands. Throws ExpressionError with the place.
 */
export function compileField(text: string, roots: readonly string[]): FieldExpression {
  const isTemplate = text.includes('{{');
  if (!isTemplate && !LITERAL.test(text.trim()) && !names(text, roots)) return { text, evaluate: () => text };
  return compile(text, isTemplate, roots);
}

/** Compiles what must have a value of its own: a condition or a list. The braces may be left out. Throws ExpressionError with the place. */
export function compileBare(text: string, roots: readonly string[]): FieldExpression {
  const compiled = compile(text, text.includes('{{'), roots);
  if (!compiled.isExpression) throw new ExpressionError('expected one expression, with or without {{ }} around it', 0);
  return compiled;
}

function compile(
  text: string,
  isTemplate: boolean,
  roots: readonly string[],
): FieldExpression & { readonly isExpression: boolean } {
  const template = isTemplate ? compileTemplate(text) : compileBraced(text);
  for (const reference of template.references) {
    const [root = '', field] = reference;
    if (!roots.includes(root))
      throw new ExpressionError(
        `unknown name ${formatReference(reference)}; known are ${roots.join(', ')}${didYouMean(root, roots)}`,
        Math.max(0, text.indexOf(root)),
      );
    if (root === 'alert' && field !== undefined && !ALERT_FIELDS.includes(field))
      throw new ExpressionError(
        `an alert has no field ${field}${didYouMean(field, ALERT_FIELDS)}`,
        Math.max(0, text.indexOf(formatReference(reference.slice(0, 2)))),
      );
  }
  return { text, isExpression: template.isExpression, evaluate: (scope) => renderTemplate(template, scope) };
}

const BRACES = '{{ ';

function compileBraced(text: string): ReturnType<typeof compileTemplate> {
  try {
    return compileTemplate(`${BRACES}${text} }}`);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new ExpressionError(error.message, Math.min(text.length, Math.max(0, error.offset - BRACES.length)));
  }
}

function names(text: string, roots: readonly string[]): boolean {
  return new RegExp(`(?:^|[^\\w.])(?:${roots.join('|')})(?:\\s*$|[.[?])`).test(text);
}

/** A text of the configuration that `check` has to take; what it minds is told with the place in the text. */
export function expressionText(check: (text: string) => unknown): z.ZodType<string> {
  return z
    .string()
    .max(MAX_EXPRESSION_LENGTH)
    .superRefine((text, context) => {
      try {
        check(text);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        const place = error.offset > 0 ? `at character ${error.offset + 1}: ` : '';
        // What came stands in the expression that the author has before them.
        context.addIssue({ code: 'custom', message: `${place}${error.message}; came ${shown(text)}` });
      }
    });
}

function shown(text: string): string {
  return cut(text, 100);
}
