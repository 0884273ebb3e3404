import { useState } from 'react';
import type { PlaybookAnswer } from '../../../domain/api/playbook.js';
import { ApiRefusal, path } from '../../api/client.js';
import { useGet } from '../../api/queries.js';
import { useMay } from '../../api/session.js';
import { Button, LinkButton } from '../../kit/button.js';
import { CodeBlock } from '../../kit/code-block.js';
import { Id } from '../../kit/copy.js';
import { KeyValue } from '../../kit/key-value.js';
import { PageHeader } from '../../kit/page-header.js';
import { Empty, ErrorState, Loading } from '../../kit/states.js';
import { Tabs } from '../../kit/tabs.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';
import { Figures } from './figures.js';
import { ModeSign } from './mode-sign.js';
import { StartDialog } from './start-dialog.js';
import { TasksView } from './tasks-view.js';
import { Triggers } from './triggers.js';
import { Versions } from './versions.js';
import './playbooks.css';

/** One playbook: what it does, what starts it, how it went, as it is written, and as it was written before. */
export function PlaybookPage({ id }: { readonly id: string }) {
  const words = useWords(playbooksWords);
  const back = { href: '/playbooks', label: words.title };
  const { data, error, refetch } = useGet<PlaybookAnswer>(path`/api/v1/playbooks/${id}`, { live: true });
  if (error instanceof ApiRefusal && error.code === 'not_found') return <Gone id={id} error={error} />;
  if (data === undefined)
    return (
      <>
        <PageHeader title={id} back={back} />
        {error === null ? <Loading rows={8} /> : <ErrorState error={error} onRetry={() => void refetch()} />}
      </>
    );
  return (
    <>
      <PageHeader
        title={data.name}
        back={back}
        meta={
          <>
            <ModeSign mode={data.mode} />
            <Id id={data.playbook_id} what={words.one.id} />
          </>
        }
        actions={<Actions playbook={data} />}
      />
      <div className="stack">
        {data.description !== null && (
          <p className="playbook-description" dir="auto">
            {data.description}
          </p>
        )}
        <Figures id={id} />
        <Views playbook={data} />
      </div>
    </>
  );
}

function Views({ playbook: answer }: { readonly playbook: PlaybookAnswer }) {
  const words = useWords(playbooksWords);
  return (
    <Tabs
      label={words.one.views}
      tabs={[
        {
          id: 'tasks',
          label: words.one.tasks,
          count: answer.task_count,
          panel: () => <TasksView playbook={answer.playbook} graph={answer.graph} />,
        },
        { id: 'triggers', label: words.one.triggers, panel: () => <Triggers playbook={answer} /> },
        {
          id: 'source',
          label: words.one.source,
          panel: () => <Source playbook={answer} />,
        },
        {
          id: 'versions',
          label: words.one.versions,
          panel: () => <Versions id={answer.playbook_id} current={answer.version} />,
        },
      ]}
    />
  );
}

function Source({ playbook: { file, version, source } }: { readonly playbook: PlaybookAnswer }) {
  const words = useWords(playbooksWords);
  return (
    <div className="stack">
      <KeyValue
        facts={[
          { label: words.one.file, value: <Id id={file} what={words.one.file} /> },
          { label: words.one.version, value: <Id id={version} what={words.one.version_id} /> },
        ]}
      />
      <CodeBlock code={source} label={words.source.label(file)} />
    </div>
  );
}

function Actions({ playbook }: { readonly playbook: PlaybookAnswer }) {
  const words = useWords(playbooksWords);
  const mayStart = useMay('operate');
  const [open, setOpen] = useState(false);
  const query = new URLSearchParams({ tab: 'check', playbook: playbook.playbook_id }).toString();
  return (
    <>
      <LinkButton href={`/playbooks?${query}`} icon="edit">
        {words.one.edit}
      </LinkButton>
      {mayStart && playbook.mode !== 'off' && (
        <>
          <Button tone="primary" icon="run" onClick={() => setOpen(true)}>
            {words.start.open}
          </Button>
          <StartDialog playbook={playbook} open={open} onClose={() => setOpen(false)} />
        </>
      )}
    </>
  );
}

/** A playbook that is no longer there still has its runs and versions. */
function Gone({ id, error }: { readonly id: string; readonly error: ApiRefusal }) {
  const words = useWords(playbooksWords);
  const versions = useGet<{ readonly items: readonly unknown[] }>(path`/api/v1/playbooks/${id}/versions`, {
    query: { limit: 1 },
  });
  const was = (versions.data?.items.length ?? 0) > 0;
  return (
    <>
      <PageHeader title={id} back={{ href: '/playbooks', label: words.title }} />
      {versions.isPending ? (
        <Loading rows={4} />
      ) : was ? (
        <div className="stack">
          <Empty title={words.one.gone} icon="playbook">
            <p>{words.one.gone_hint}</p>
          </Empty>
          <Figures id={id} />
          <Versions id={id} current={null} />
        </div>
      ) : (
        <ErrorState error={error} />
      )}
    </>
  );
}
