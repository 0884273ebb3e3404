import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { say } from '../../src/domain/said/zh.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** A sentence in Chinese, as one text. */
export function said(sentence: string): string {
  return say(sentence)
    .map(({ text }) => text)
    .join('');
}

/** What of a sentence stays English. */
export function unsaid(sentence: string): string[] {
  return say(sentence).flatMap((piece) => (piece.said ? [] : [piece.text]));
}

/** A sentence in the source. */
export interface Written {
  readonly place: string;
  readonly text: string;
  /** What it may be, with null for what is not known before. */
  readonly forms: readonly (readonly (string | null)[])[];
}

/** The sources of a folder, or the one file. */
export function filesIn(path: string): string[] {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  return readdirSync(join(ROOT, path))
    .map((name) => `${path}/${name}`)
    .flatMap((inner) => (/(?<!\.test)\.ts$/.test(inner) ? [inner] : []));
}

/** The sources of a folder and of those within it. */
export function deepFilesIn(path: string): string[] {
  return readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.test)\.ts$/.test(name))
    .map((name) => `${path}/${name}`)
    .sort();
}

/** Whatever reads like a sentence in a file, but for what is thrown, logged, or the beginning or end of another. */
export function sentencesIn(file: string, thrown?: 'thrown too'): Written[] {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const found: Written[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || isLogged(node) || isDescribed(node)) return;
    if (thrown === undefined ? ts.isThrowStatement(node) || ts.isNewExpression(node) : isBug(node)) return;
    if (!ts.isTemplateExpression(node) && !ts.isStringLiteralLike(node)) return ts.forEachChild(node, visit);
    const text = node.getText().slice(1, -1);
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    const isSentence = /[a-z]{2} [a-z]/i.test(text.replaceAll(/\$\{[^}]*\}/g, 'x')) && !/^[\s,;:(]/.test(text);
    if (isSentence && !ts.isLiteralTypeNode(node.parent))
      found.push({ place: `${file}:${line}`, text, forms: formsOf(node) });
  };
  visit(source);
  return found;
}

function isLogged(node: ts.Node): boolean {
  return ts.isCallExpression(node) && /\blog\.(?:info|warn|error)$/.test(node.expression.getText());
}

/** An error of no kind of its own is a fault of the service itself, told by that name. */
function isBug(node: ts.Node): boolean {
  return ts.isNewExpression(node) && /^(?:Type|Range)?Error$/.test(node.expression.getText());
}

/** What a schema says about itself and its values is no sentence of a step. */
function isDescribed(node: ts.Node): boolean {
  if (ts.isPropertyAssignment(node)) return node.name.getText() === 'description';
  return ts.isCallExpression(node) && /\.(?:describe|meta|refine|regex)$/.test(node.expression.getText());
}

/** A choice between two texts is both of them, a fallback is the text and whatever there is otherwise, a count one or many. */
function formsOf(node: ts.Node): (string | null)[][] {
  const noun = countedNoun(node);
  if (noun !== undefined) return [[`1 ${noun}`], [null, ` ${noun}s`]];
  if (ts.isParenthesizedExpression(node)) return formsOf(node.expression);
  if (ts.isStringLiteralLike(node)) return [[node.text]];
  if (ts.isConditionalExpression(node)) return [...formsOf(node.whenTrue), ...formsOf(node.whenFalse)];
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
    return ts.isStringLiteralLike(node.right) && node.right.text !== '' ? [[null], [node.right.text]] : [[null]];
  if (!ts.isTemplateExpression(node)) return [[null]];
  let forms: (string | null)[][] = [[node.head.text]];
  for (const { expression, literal } of node.templateSpans)
    forms = forms.flatMap((form) => formsOf(expression).map((inner) => [...form, ...inner, literal.text]));
  return forms;
}

/** What `counted` (src/domain/counted.ts) is asked to count. */
function countedNoun(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node) || node.expression.getText() !== 'counted') return undefined;
  const noun = node.arguments[1];
  return noun !== undefined && ts.isStringLiteralLike(noun) ? noun.text : undefined;
}

const SAMPLES = ['X1', '', '7', 'the run was cancelled', 'is X1', ' until X1', 'true', '3 new alerts (limit 2)'];

/** Whether each form is said for some values: what a value is cannot be read from the source. */
export function isSaid({ forms }: Written): boolean {
  return forms.every((form) => {
    const unknown = form.filter((part) => part === null).length;
    for (let choice = 0; choice < SAMPLES.length ** Math.min(unknown, 6); choice += 1) {
      let rest = choice;
      const next = (): string => {
        const sample = SAMPLES[rest % SAMPLES.length] ?? '';
        rest = Math.floor(rest / SAMPLES.length);
        return sample;
      };
      const sentence = form.map((part) => part ?? next()).join('');
      if (unsaid(sentence).length === 0) return true;
    }
    return false;
  });
}
