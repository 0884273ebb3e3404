import { useCallback, useEffect, useState } from 'react';
import { useLanguage } from '../words/language.js';
import type { Piece } from '../../domain/said/saying.js';
import { createFetched } from './later.js';
import { clockTimeText } from './time.js';
import { When } from './when.js';

/** What people wrote, or what pages have said already. */
const IN_CHINESE = /\p{Script=Han}/u;
/** An instant as the service writes it: people read it in their own zone. */
const INSTANT = /\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z)/;
// Only who reads Chinese loads it; until it is there, and where it is not, the service's own words stand.
const sayings = createFetched(async () => (await import('../../domain/said/zh.js')).say);

/** Takes a sentence of the service apart into what can be said in the reader's language, and what stays English. */
export function useSaid(): (sentence: string) => readonly Piece[] {
  const { language } = useLanguage();
  const [fetched, setFetched] = useState(sayings.known);
  const isMissing = language === 'zh' && fetched === null;
  useEffect(() => {
    if (!isMissing) return undefined;
    let isGone = false;
    void sayings.fetch().then((answer) => {
      if (!isGone) setFetched(answer);
    });
    return () => {
      isGone = true;
    };
  }, [isMissing]);
  const say = language === 'zh' && fetched !== null && 'value' in fetched ? fetched.value : null;
  return useCallback(
    (sentence) => (say !== null ? say(sentence) : [{ text: sentence, said: language === 'en' }]),
    [language, say],
  );
}

/** The same as one text, for where no more than text can stand. */
export function useSaidText(): (sentence: string) => string {
  const said = useSaid();
  return useCallback(
    (sentence) =>
      said(sentence)
        .map(({ text }) => text)
        .join('')
        .split(INSTANT)
        .map((part, index) => (index % 2 === 0 ? part : clockTimeText(Date.parse(part), Date.now())))
        .join(''),
    [said],
  );
}

/** A sentence of the service, in the reader's language as far as it is known; the rest is marked as English. */
export function Said({ text, most = Infinity }: { readonly text: string; readonly most?: number }) {
  const said = useSaid();
  const pieces = said(text);
  const shown =
    pieces.length === 1 && pieces[0] !== undefined ? [{ ...pieces[0], text: pieces[0].text.slice(0, most) }] : pieces;
  return shown.map((piece, index) =>
    piece.said || IN_CHINESE.test(piece.text) ? (
      <Local key={index} text={piece.text} />
    ) : (
      <span key={index} lang="en">
        <Local text={piece.text} />
      </span>
    ),
  );
}

/** The text with its instants in the reader's zone. */
function Local({ text }: { readonly text: string }) {
  return text
    .split(INSTANT)
    .map((part, index) => (index % 2 === 0 ? part : <When key={index} at={part} as="clock" inRow />));
}
