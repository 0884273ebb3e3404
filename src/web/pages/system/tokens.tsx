import { useMemo, useState } from 'react';
import type { TokenAnswer } from '../../../domain/api/token.js';
import type { z } from 'zod';
import { path } from '../../api/client.js';
import { usePages } from '../../api/pages.js';
import { useSend } from '../../api/queries.js';
import { Button } from '../../kit/button.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { ConfirmDialog, Dialog } from '../../kit/dialog.js';
import { Badge } from '../../kit/sign.js';
import { Empty, ErrorState } from '../../kit/states.js';
import { useToast } from '../../kit/toast.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';
import { NewToken } from './new-token.js';
import { Sessions } from './sessions.js';

type Token = z.infer<typeof TokenAnswer>;

/** Who may talk to Fixpoint; for administrators. */
export function TokensPanel() {
  const { tokens: words, tabs } = useWords(systemWords);
  const [isMaking, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<Token | null>(null);
  const list = usePages<Token>('/api/v1/tokens', { idOf });
  const columns = useColumns(setLeaving);
  if (list.error !== null && list.items.length === 0) return <ErrorState error={list.error} onRetry={list.retry} />;
  return (
    <div className="stack">
      <div className="row">
        <Button tone="primary" icon="plus" onClick={() => setMaking(true)}>
          {words.create}
        </Button>
      </div>
      <DataList
        label={tabs.tokens}
        items={list.items}
        idOf={idOf}
        columns={columns}
        card={(token) => <Card token={token} onRevoke={setLeaving} />}
        rowHeight={48}
        cardHeight={76}
        isLoading={list.isLoading}
        hasMore={list.hasMore}
        isLoadingMore={list.isLoadingMore}
        onMore={list.more}
        empty={
          <Empty title={words.none} icon="user">
            <p>{words.none_hint}</p>
          </Empty>
        }
      />
      <Dialog open={isMaking} onClose={() => setMaking(false)} title={words.create_title}>
        <NewToken onClose={() => setMaking(false)} />
      </Dialog>
      <Revoke token={leaving} onClose={() => setLeaving(null)} />
      <Sessions />
    </div>
  );
}

function idOf({ token_id }: Token): string {
  return token_id;
}

function useColumns(onRevoke: (token: Token) => void): readonly Column<Token>[] {
  const { tokens: words } = useWords(systemWords);
  return useMemo(
    () => [
      {
        key: 'name',
        title: words.name,
        width: 'minmax(10rem, 1fr)',
        cell: ({ name }) => <strong dir="auto">{name}</strong>,
      },
      { key: 'role', title: words.role, width: '9rem', cell: ({ role }) => <RoleName role={role} /> },
      {
        key: 'id',
        title: words.id,
        width: '17rem',
        from: 1_000,
        cell: ({ token_id }) => <code className="quiet">{token_id}</code>,
      },
      { key: 'created', title: words.created, width: '8rem', cell: ({ created_at }) => <When at={created_at} inRow /> },
      {
        key: 'revoke',
        title: words.revoke,
        width: '6.5rem',
        align: 'end',
        cell: (token) => <RevokeButton token={token} onRevoke={onRevoke} />,
      },
    ],
    [words, onRevoke],
  );
}

function RevokeButton({ token, onRevoke }: { readonly token: Token; readonly onRevoke: (token: Token) => void }) {
  const { tokens: words } = useWords(systemWords);
  return (
    <Button size="s" onClick={() => onRevoke(token)} aria-label={words.revoke_of(token.name)}>
      {words.revoke}
    </Button>
  );
}

function Card({ token, onRevoke }: { readonly token: Token; readonly onRevoke: (token: Token) => void }) {
  return (
    <div className="card">
      <div className="card-top">
        <span className="truncate" dir="auto">
          {token.name}
        </span>
        <RevokeButton token={token} onRevoke={onRevoke} />
      </div>
      <div className="card-bottom">
        <RoleName role={token.role} />
        <When at={token.created_at} inRow />
      </div>
    </div>
  );
}

function RoleName({ role }: { readonly role: Token['role'] }) {
  const { roles } = useWords();
  const { tokens: words } = useWords(systemWords);
  return (
    <span title={words.rights[role]}>
      <Badge tone={role === 'admin' ? 'warn' : 'calm'}>{roles[role]}</Badge>
    </span>
  );
}

function Revoke({ token, onClose }: { readonly token: Token | null; readonly onClose: () => void }) {
  const { tokens: words } = useWords(systemWords);
  const toast = useToast();
  const { mutateAsync } = useSend<Token>('DELETE', {
    invalidate: ['/api/v1/tokens', '/api/v1/audit'],
    onDone: ({ name }) => toast(words.revoked(name)),
  });
  return (
    <ConfirmDialog
      open={token !== null}
      onClose={onClose}
      title={words.revoke_title(token?.name ?? '')}
      confirm={words.revoke}
      tone="danger"
      onConfirm={async () => {
        if (token !== null) await mutateAsync({ path: path`/api/v1/tokens/${token.token_id}` });
      }}
    >
      <p>{words.revoke_what}</p>
    </ConfirmDialog>
  );
}
