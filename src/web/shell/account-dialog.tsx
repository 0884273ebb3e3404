import { useState } from 'react';
import { useSession, useSignOut } from '../api/session.js';
import { Button } from '../kit/button.js';
import { Dialog } from '../kit/dialog.js';
import { Field, Select } from '../kit/field.js';
import { Badge } from '../kit/sign.js';
import { ErrorNote } from '../kit/states.js';
import { useLanguage, useWords } from '../words/language.js';
import { useTheme } from './theme.js';

/** Who one is, how the pages look, and the way out. */
export function AccountDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const words = useWords();
  const session = useSession();
  const signOut = useSignOut();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function leave(): Promise<void> {
    setBusy(true);
    try {
      await signOut();
    } catch (refusal) {
      setError(refusal);
      setBusy(false);
    }
  }
  return (
    <Dialog open={open} onClose={onClose} title={words.settings.menu}>
      <p className="row" dir="auto">
        {words.sign.as(session.name)} <Badge tone="info">{words.roles[session.role]}</Badge>
      </p>
      <Appearance />
      <ErrorNote error={error} />
      <div className="dialog-foot">
        <Button busy={busy} onClick={() => void leave()}>
          {words.sign.out}
        </Button>
      </div>
    </Dialog>
  );
}

/** Language and theme; kept in this browser. */
export function Appearance() {
  const words = useWords();
  const language = useLanguage();
  const theme = useTheme();
  return (
    <div className="row">
      <Field label={words.settings.language}>
        {(field) => (
          <Select
            {...field}
            value={language.choice}
            options={[
              { value: 'system', label: words.settings.system },
              { value: 'en', label: 'English' },
              { value: 'zh', label: '中文' },
            ]}
            onChange={language.choose}
          />
        )}
      </Field>
      <Field label={words.settings.theme}>
        {(field) => (
          <Select
            {...field}
            value={theme.choice}
            options={[
              { value: 'system', label: words.settings.system },
              { value: 'light', label: words.settings.light },
              { value: 'dark', label: words.settings.dark },
            ]}
            onChange={theme.choose}
          />
        )}
      </Field>
    </div>
  );
}
