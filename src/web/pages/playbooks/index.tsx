import { Route, Switch } from 'wouter';
import { PageHeader } from '../../kit/page-header.js';
import { Tabs } from '../../kit/tabs.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';
import { idInAddress } from '../../kit/id-in-address.js';
import { CheckText } from './check-text.js';
import { PlaybookList } from './playbook-list.js';
import { PlaybookPage } from './playbook-page.js';

/** The pages of playbooks. */
export function Pages() {
  return (
    <Switch>
      <Route path="/playbooks/:id">{({ id }) => <PlaybookPage key={id} id={idInAddress(id)} />}</Route>
      <Route>
        <AllPlaybooks />
      </Route>
    </Switch>
  );
}

function AllPlaybooks() {
  const words = useWords(playbooksWords);
  return (
    <>
      <PageHeader title={words.title} />
      <Tabs
        label={words.tabs.label}
        tabs={[
          { id: 'list', label: words.tabs.list, panel: () => <PlaybookList /> },
          { id: 'check', label: words.tabs.check, panel: () => <CheckText /> },
        ]}
      />
    </>
  );
}
