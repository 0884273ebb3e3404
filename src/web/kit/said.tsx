import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useLanguage } from '../words/language.js';
import type { Piece } from '../words/said/saying.js';

/** What people wrote, or what pages have said already. */
const IN_CHINESE = /\p{Script=Han}/u;
const NEVER_OLD = { staleTime: Infinity, gcTime: Infinity } as const;

/** Takes a sentence of the service apart into what can be said in the reader's language, and what stays English. */
export function useSaid(): (sentence: string) => readonly Piece[] {
  const { language } = useLanguage();
  // Only who reads Chinese loads it; until it is there, and where it is not, the service's own words stand.
  const { data: say } = useQuery({
    queryKey: ['said', language],
    queryFn: async () => (await import('../words/said/zh.js')).say,
    enabled: language === 'zh',
    ...NEVER_OLD,
  });
  return useCallback(
    (sentence) =>
      language === 'zh' && say !== undefined ? say(sentence) : [{ text: sentence, said: language === 'en' }],
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
      piece.text
    ) : (
      <span key={index} lang="en">
        {piece.text}
      </span>
    ),
  );
}
