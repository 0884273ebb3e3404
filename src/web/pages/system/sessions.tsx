import { useState } from 'react';
import type { SessionItem } from '../../../domain/api/session.js';
import { path } from '../../api/client.js';
import { usePages } from '../../api/pages.js';
import { useSend } from '../../api/queries.js';
import { Button } from '../../kit/button.js';
import { ConfirmDialog } from '../../kit/dialog.js';
import { Badge } from '../../kit/sign.js';
import { ErrorNote } from '../../kit/states.js';
import { Table } from '../../kit/table.js';
import { When } from '../../kit/when.js';
import { useToast } from '../../kit/toast.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';

const idOf = ({ session_id }: SessionItem): string => session_id;

/** Who is signed in with a browser, and throwing them out. */
export function Sessions() {
  const { sessions: words } = useWords(systemWords);
  const { roles } = useWords();
  const toast = useToast();
  const list = usePages<SessionItem>('/api/v1/sessions', { idOf });
  const [leaving, setLeaving] = useState<SessionItem | null>(null);
  const { mutateAsync } = useSend<SessionItem>('DELETE', {
    invalidate: ['/api/v1/sessions', '/api/v1/audit'],
    onDone: ({ name }) => toast(words.ended(name)),
  });
  return (
    <section className="stack" aria-label={words.title}>
      <h2>{words.title}</h2>
      <ErrorNote error={list.error} />
      <Table
        stacks
        caption={words.title}
        head={[words.name, words.role, words.since, words.until, words.end]}
        rows={list.items.map((session) => ({
          id: session.session_id,
          cells: [
            <span key="name" dir="auto">
              {session.name} {session.current && <Badge>{words.current}</Badge>}
            </span>,
            roles[session.role],
            <When key="since" at={session.created_at} />,
            <When key="until" at={session.ends_at} />,
            session.current ? null : (
              <Button key="end" size="s" aria-label={words.end_of(session.name)} onClick={() => setLeaving(session)}>
                {words.end}
              </Button>
            ),
          ],
        }))}
      />
      {list.hasMore && (
        <p>
          <Button size="s" busy={list.isLoadingMore} onClick={list.more}>
            {words.more}
          </Button>
        </p>
      )}
      <ConfirmDialog
        open={leaving !== null}
        onClose={() => setLeaving(null)}
        title={words.end_title(leaving?.name ?? '')}
        confirm={words.end}
        tone="danger"
        onConfirm={async () => {
          if (leaving !== null) await mutateAsync({ path: path`/api/v1/sessions/${leaving.session_id}` });
        }}
      >
        <p>{words.end_what}</p>
      </ConfirmDialog>
    </section>
  );
}
