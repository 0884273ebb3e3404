import { useQuery } from '@tanstack/react-query';
import type { OverviewAnswer } from '../../../domain/api/overview.js';
import { LinkButton } from '../../kit/button.js';
import { CodeBlock } from '../../kit/code-block.js';
import { Copy } from '../../kit/copy.js';
import { Icon } from '../../kit/icon.js';
import { Said } from '../../kit/said.js';
import { Loading } from '../../kit/states.js';
import { Tabs } from '../../kit/tabs.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { nowWords } from '../../words/now.js';
import { alertmanagerConfig, zabbixMediaType } from './configurations.js';

const TOKEN_COMMAND = 'npx fixpoint token create --name alertmanager --role ingest';
const SEND_COMMAND = 'npx fixpoint send --alertname Test --label severity=warning';

/** Before the first alert: where to send them, what to paste, and why the last attempt was refused. */
export function FirstStart({ refused }: { readonly refused: OverviewAnswer['last_refused'] }) {
  const { first } = useWords(nowWords);
  const { origin } = window.location;
  const address = `${origin}/webhook/alert`;
  return (
    <div className="stack">
      {refused !== null && <Refused refused={refused} />}
      <section className="panel stack first-start">
        <h2>{first.title}</h2>
        <p>{first.lead}</p>
        <p className="first-address">
          <span className="quiet">{first.address}</span>
          <code>{address}</code>
          <Copy text={address} what={first.address} />
        </p>
        <p className="quiet">{first.token}</p>
        <CodeBlock code={TOKEN_COMMAND} label={first.token} numbers={false} />
        <Tabs
          label={first.config}
          param="from"
          tabs={[
            {
              id: 'alertmanager',
              label: first.alertmanager,
              panel: () => (
                <div className="stack">
                  <p className="quiet">{first.alertmanager_hint}</p>
                  <CodeBlock code={alertmanagerConfig(origin)} label="alertmanager.yml" />
                </div>
              ),
            },
            {
              id: 'zabbix',
              label: first.zabbix,
              panel: () => (
                <div className="stack">
                  <p className="quiet">{first.zabbix_hint}</p>
                  <ZabbixMediaType origin={origin} />
                </div>
              ),
            },
            {
              id: 'try',
              label: first.try,
              panel: () => (
                <div className="stack">
                  <p className="quiet">{first.try_hint}</p>
                  <CodeBlock code={SEND_COMMAND} label={first.try} numbers={false} />
                </div>
              ),
            },
          ]}
        />
      </section>
    </div>
  );
}

/** Some kilobytes that only newcomers need: loaded when they are looked at. */
function ZabbixMediaType({ origin }: { readonly origin: string }) {
  const { data } = useQuery({
    queryKey: ['zabbix media type'],
    queryFn: async () => (await import('./zabbix-media-type.yaml?raw')).default,
    staleTime: Infinity,
  });
  if (data === undefined) return <Loading rows={6} />;
  return <CodeBlock code={zabbixMediaType(data, origin)} label="zabbix-media-type.yaml" />;
}

function Refused({ refused }: { readonly refused: NonNullable<OverviewAnswer['last_refused']> }) {
  const { first } = useWords(nowWords);
  return (
    <section className="panel stack now-refused">
      <h2 className="row">
        <Icon name="bang" /> {first.refused}
      </h2>
      <p className="quiet row">
        <When at={refused.received_at} /> <span dir="auto">{first.refused_from(refused.source)}</span>
      </p>
      <p dir="auto">
        <Said text={refused.reason} />
      </p>
      {refused.details.length > 0 && (
        <ul className="stack-tight">
          {refused.details.slice(0, 10).map(({ path, message }, index) => (
            <li key={index} dir="auto">
              {path !== '' && <code>{path}</code>} {message}
            </li>
          ))}
        </ul>
      )}
      <CodeBlock code={refused.body.slice(0, 4_000)} label={first.body} />
      <p className="row">
        <LinkButton href="/system?tab=dead_letters">{first.refused_link}</LinkButton>
        <span className="quiet">{first.refused_hint}</span>
      </p>
    </section>
  );
}
