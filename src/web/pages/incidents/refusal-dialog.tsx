import { Button } from '../../kit/button.js';
import { Dialog } from '../../kit/dialog.js';
import { ErrorNote } from '../../kit/states.js';
import { useWords } from '../../words/language.js';

/** Says why the service refused what a single press asked for. */
export function RefusalDialog({ error, onClose }: { readonly error: unknown; readonly onClose: () => void }) {
  const words = useWords();
  return (
    <Dialog
      open={error !== null}
      onClose={onClose}
      title={words.error.title}
      footer={<Button onClick={onClose}>{words.do.close}</Button>}
    >
      <ErrorNote error={error} />
    </Dialog>
  );
}
