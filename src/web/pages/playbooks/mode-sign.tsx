import type { Mode } from '../../../domain/mode.js';
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
  const words = useWords();
  const own = useWords(playbooksWords);
  if (mode === null || mode === undefined)
    return (
      <span className="quiet" title={own.mode.default_hint}>
        {own.mode.default}
      </span>
    );
  const [tone, icon] = SIGNS[mode];
  return (
    <span title={own.mode[mode]} className="playbook-mode">
      <Badge tone={tone} icon={icon}>
        {words.mode[mode]}
      </Badge>
    </span>
  );
}
