import { Fragment } from 'react';

/** A path or an address in a line of words: it breaks behind its slashes before it breaks inside a name. */
export function Slashed({ text }: { readonly text: string }) {
  return text.split(/(?<=\/)(?!\/)/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
