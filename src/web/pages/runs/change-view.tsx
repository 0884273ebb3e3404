import type { StepChange } from '../../../domain/run/run.js';
import { Icon } from '../../kit/icon.js';
import { JsonView } from '../../kit/json-view.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { isNothing, valueText } from './value-text.js';
import './change-view.css';

const SHORT = 60;

/** What a write does: on what, from what, to what. Large values are folded below. */
export function ChangeView({ change, size = 'm' }: { readonly change: StepChange; readonly size?: 'm' | 'l' }) {
  const { step } = useWords(runsWords);
  const { target, what, from, to } = change;
  const isSilent = isNothing(from) && isNothing(to);
  const isShort = [from, to].every((value) => valueText(value, SHORT + 1).length <= SHORT);
  return (
    <div className={`change ${size}`}>
      {!what.includes(target) && (
        <p className="change-target">
          <code dir="auto">{target}</code>
        </p>
      )}
      <p className="change-what">
        <span dir="auto">{what}</span>
        {isShort && !isSilent && (
          <span className="change-values" dir="ltr">
            <span className="visually-hidden">{step.from}: </span>
            <code className="change-from">{valueText(from)}</code>
            <Icon name="chevron" size={14} />
            <span className="visually-hidden">{step.to}: </span>
            <code className="change-to">{valueText(to)}</code>
          </span>
        )}
      </p>
      {!isShort && !isSilent && (
        <div className="change-large">
          {[[step.from, from] as const, [step.to, to] as const]
            .filter(([, value]) => !isNothing(value))
            .map(([label, value]) => (
              <div key={label}>
                <h4>{label}</h4>
                <JsonView value={value} label={label} open={1} />
              </div>
            ))}
        </div>
      )}
    </div>
  );
}
