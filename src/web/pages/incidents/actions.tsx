import { useState } from 'react';
import type { IncidentDetail } from '../../../domain/incident/incident.js';
import { useMay } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { ConfirmDialog } from '../../kit/dialog.js';
import { useKeys } from '../../kit/keys.js';
import { Menu } from '../../kit/menu.js';
import { useToast } from '../../kit/toast.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';
import { PriorityDialog } from './priority-dialog.js';
import { RefusalDialog } from './refusal-dialog.js';
import { useTell } from './tell.js';

type Asking = 'resolve' | 'reopen' | 'priority' | null;

/** What can be done with an incident as it is now, by those who may. */
export function IncidentActions({ incident }: { readonly incident: IncidentDetail }) {
  const may = useMay('operate');
  // One that was merged takes nothing but looks.
  return may && incident.merged_into === null ? <Actions incident={incident} /> : null;
}

function Actions({ incident }: { readonly incident: IncidentDetail }) {
  const { act, keys } = useWords(incidentsWords);
  const toast = useToast();
  const tell = useTell(incident.incident_id);
  const [asking, setAsking] = useState<Asking>(null);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  const close = (): void => setAsking(null);
  const isResolved = incident.state === 'resolved';
  async function acknowledge(): Promise<void> {
    if (incident.state !== 'open' || busy) return;
    setBusy(true);
    try {
      await tell('acknowledge', {});
      toast(act.acknowledged);
    } catch (error) {
      setRefusal(error);
    } finally {
      setBusy(false);
    }
  }
  useKeys([
    { keys: 'a', label: keys.acknowledge, run: () => void acknowledge() },
    { keys: 'e', label: keys.resolve, run: () => setAsking(isResolved ? 'reopen' : 'resolve') },
  ]);
  return (
    <>
      {incident.state === 'open' && (
        <Button tone="primary" icon="hand" busy={busy} onClick={() => void acknowledge()}>
          {act.acknowledge}
        </Button>
      )}
      {isResolved ? (
        <Button icon="retry" onClick={() => setAsking('reopen')}>
          {act.reopen}
        </Button>
      ) : (
        <>
          <Button icon="check" onClick={() => setAsking('resolve')}>
            {act.resolve}
          </Button>
          <Menu
            items={[{ id: 'priority', label: act.priority, icon: 'edit', onSelect: () => setAsking('priority') }]}
          />
        </>
      )}
      <ConfirmDialog
        open={asking === 'resolve'}
        onClose={close}
        title={act.resolve_title}
        confirm={act.resolve}
        reason="optional"
        onConfirm={(comment) => tell('resolve', { comment }).then(() => toast(act.resolved))}
      >
        <p>{incident.firing_count > 0 ? act.resolve_firing(incident.firing_count) : act.resolve_quiet}</p>
      </ConfirmDialog>
      <ConfirmDialog
        open={asking === 'reopen'}
        onClose={close}
        title={act.reopen_title}
        confirm={act.reopen}
        reason="optional"
        onConfirm={(comment) => tell('reopen', { comment }).then(() => toast(act.reopened))}
      >
        <p>{act.reopen_what}</p>
      </ConfirmDialog>
      <PriorityDialog open={asking === 'priority'} onClose={close} incident={incident} />
      <RefusalDialog error={refusal} onClose={() => setRefusal(null)} />
    </>
  );
}
