import { Dialog } from '../kit/dialog.js';
import { useKeyList } from '../kit/keys.js';
import type { KeyBinding } from '../kit/key-book.js';
import { useWords } from '../words/language.js';
import './key-help.css';

/** Every key that means something here. */
export function KeyHelp({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const words = useWords();
  const all = useKeyList(open);
  const here = all.filter(({ everywhere }) => everywhere !== true);
  return (
    <Dialog open={open} onClose={onClose} title={words.keys.title} as="wide">
      <div className="key-help">
        {here.length > 0 && <Keys title={words.keys.here} list={here} />}
        <Keys title={words.keys.everywhere} list={all.filter(({ everywhere }) => everywhere === true)} />
      </div>
    </Dialog>
  );
}

function Keys({ title, list }: { readonly title: string; readonly list: readonly KeyBinding[] }) {
  const words = useWords();
  return (
    <section className="stack-tight">
      <h3>{title}</h3>
      <dl className="key-list">
        {list.map(({ keys, label }) => (
          <div key={keys}>
            <dt>{label}</dt>
            <dd>
              {keys.split(' ').map((key, place) => (
                <span key={place}>
                  {place > 0 && <span className="faint"> {words.keys.then} </span>}
                  <kbd>{key.replace('mod+', 'Ctrl ')}</kbd>
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
