import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { OverviewAnswer } from '../../../domain/api/overview.js';
import { keyOf, useSend } from '../../api/queries.js';
import { useMay } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { ConfirmDialog } from '../../kit/dialog.js';
import { Icon } from '../../kit/icon.js';
import { Table } from '../../kit/table.js';
import { useToast } from '../../kit/toast.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';

type StormNow = OverviewAnswer['storm'];
type Storm = StormNow['storms'][number];

const MOST_SHOWN = 50;

/** The storms that there are, with their end by hand, and those that people keep off. */
export function Storms({ storm }: { readonly storm: StormNow }) {
  const { writes: words } = useWords(systemWords);
  const may = useMay('operate');
  const [ending, setEnding] = useState<Storm | null>(null);
  const whereOf = ({ service_name }: Pick<Storm, 'service_name'>): string => service_name ?? words.everywhere;
  const head = [words.where, words.level, words.peak, words.rates, words.since, words.calm_since];
  return (
    <>
      {storm.storms.length > 0 && (
        <Table
          caption={words.storms}
          head={may ? [...head, words.end] : head}
          numbers={[1, 2]}
          rows={storm.storms.slice(0, MOST_SHOWN).map((one) => ({
            id: one.service_name ?? '',
            cells: [
              <strong key="where" dir="auto">
                {whereOf(one)}
              </strong>,
              one.level,
              one.peak,
              words.rate(one.rates.alerts, one.rates.starts),
              <When key="since" at={one.since} />,
              one.calm_since === null ? '–' : <When key="calm" at={one.calm_since} />,
              ...(may
                ? [
                    <Button key="end" size="s" aria-label={words.end_of(whereOf(one))} onClick={() => setEnding(one)}>
                      {words.end}
                    </Button>,
                  ]
                : []),
            ],
          }))}
        />
      )}
      <KeptOff storms={storm.kept_off} whereOf={whereOf} />
      <End storm={ending} where={ending === null ? '' : whereOf(ending)} onClose={() => setEnding(null)} />
    </>
  );
}

interface KeptOffProps {
  readonly storms: StormNow['kept_off'];
  readonly whereOf: (storm: Pick<Storm, 'service_name'>) => string;
}

/** Storms that were ended by hand: who did, why, and until when they do not begin again. */
function KeptOff({ storms, whereOf }: KeptOffProps) {
  const { writes: words } = useWords(systemWords);
  return (
    <>
      {storms.slice(0, MOST_SHOWN).map((one) => (
        <div key={one.service_name ?? ''} className="system-state">
          <span className="sign info">
            <Icon name="silence" />
          </span>
          <div className="stack-tight">
            <strong dir="auto">{words.kept_off(whereOf(one), one.by)}</strong>
            <p dir="auto" className="system-said">
              {one.reason}
            </p>
            <p className="row quiet">
              {words.kept_off_until} <When at={one.until} as="both" />
            </p>
          </div>
        </div>
      ))}
    </>
  );
}

interface EndProps {
  readonly storm: Storm | null;
  readonly where: string;
  readonly onClose: () => void;
}

function End({ storm, where, onClose }: EndProps) {
  const { writes: words } = useWords(systemWords);
  const client = useQueryClient();
  const toast = useToast();
  const { mutateAsync } = useSend<StormNow, { service_name: string | null; reason: string | null }>('POST', {
    invalidate: ['/api/v1/audit'],
    onDone: (now) => {
      // The overview may be a second old when it is asked again: the storm must not come back.
      client.setQueryData<OverviewAnswer>(keyOf('/api/v1/overview'), (known) => known && { ...known, storm: now });
      toast(words.ended);
    },
  });
  return (
    <ConfirmDialog
      open={storm !== null}
      onClose={onClose}
      title={words.end_title(where)}
      confirm={words.end}
      reason="required"
      onConfirm={async (reason) => {
        if (storm === null) return;
        await mutateAsync({ path: '/api/v1/storms/end', body: { service_name: storm.service_name, reason } });
      }}
    >
      <p>{words.end_what}</p>
    </ConfirmDialog>
  );
}
