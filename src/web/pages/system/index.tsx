import { useMay } from '../../api/session.js';
import { PageHeader } from '../../kit/page-header.js';
import { Tabs } from '../../kit/tabs.js';
import type { Tab } from '../../kit/tabs.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';
import { AuditPanel } from './audit.js';
import { ConnectionsPanel } from './connections.js';
import { DeadLettersPanel } from './dead-letters.js';
import { HealthPanel } from './health.js';
import { useSystem } from './system.js';
import { TokensPanel } from './tokens.js';
import './system.css';

/** The pages of the system: how it fares, what it refused, who did what, whom it talks to, who may talk to it. */
export function Pages() {
  const { title, tabs: words } = useWords(systemWords);
  const mayAdminister = useMay('administer');
  const letters = useSystem().data?.dead_letters ?? 0;
  const tabs: readonly Tab[] = [
    { id: 'health', label: words.health, panel: () => <HealthPanel /> },
    {
      id: 'dead_letters',
      label: words.dead_letters,
      ...(letters > 0 ? { count: letters } : {}),
      panel: () => <DeadLettersPanel />,
    },
    { id: 'audit', label: words.audit, panel: () => <AuditPanel /> },
    { id: 'connections', label: words.connections, panel: () => <ConnectionsPanel /> },
    ...(mayAdminister ? [{ id: 'tokens', label: words.tokens, panel: () => <TokensPanel /> }] : []),
  ];
  return (
    <>
      <PageHeader title={title} />
      <Tabs label={words.label} tabs={tabs} />
    </>
  );
}
