import { Fragment } from 'react';

const BEHIND = { '/': /(?<=\/)(?!\/)/, _: /(?<=_)(?!_)/ } as const;

/** A path or an address in a line of words, or a long id: it breaks behind its slashes, or `at` that sign, before it breaks inside a name. */
export function Slashed({ text, at = '/' }: { readonly text: string; readonly at?: keyof typeof BEHIND }) {
  return text.split(BEHIND[at]).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
