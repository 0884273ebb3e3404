import type { SystemAnswer } from '../../../domain/api/overview.js';
import type { Mode } from '../../../domain/rule/mode.js';
import { useGet } from '../../api/queries.js';
import { Badge } from '../../kit/sign.js';
import type { SignTone } from '../../kit/sign.js';
import type { IconName } from '../../kit/icon.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';

const SIGNS: Readonly<Record<Mode, readonly [SignTone, IconName]>> = {
  auto: ['good', 'run'],
  approve: ['warn', 'hand'],
  shadow: ['info', 'dot'],
  off: ['calm', 'stop'],
};

/** Whether a playbook acts, asks, only records, or does nothing; null is what the configuration says. */
export function ModeSign({ mode }: { readonly mode: Mode | null | undefined }) {
  return mode === null || mode === undefined ? <DefaultMode /> : <OwnMode mode={mode} />;
}

/** What counts for a playbook that names no mode; the word alone until that is known. */
function DefaultMode() {
  const own = useWords(playbooksWords);
  const { data } = useGet<SystemAnswer>('/api/v1/system');
  return (
    <span className="playbook-mode-default quiet" title={own.mode.default_hint}>
      {data === undefined ? (
        own.mode.default
      ) : (
        <>
          <OwnMode mode={data.default_mode} /> <span className="playbook-by-default">{own.mode.by_default}</span>
        </>
      )}
    </span>
  );
}

function OwnMode({ mode }: { readonly mode: Mode }) {
  const words = useWords();
  const own = useWords(playbooksWords);
  const [tone, icon] = SIGNS[mode];
  return (
    <span title={own.mode[mode]} className="playbook-mode">
      <Badge tone={tone} icon={icon}>
        {words.mode[mode]}
      </Badge>
    </span>
  );
}
