import { Route, Switch } from 'wouter';
import { useMay } from '../../api/session.js';
import { PageHeader } from '../../kit/page-header.js';
import { Tabs } from '../../kit/tabs.js';
import { useWords } from '../../words/language.js';
import { rulesWords } from '../../words/rules.js';
import { Backtest } from './backtest.js';
import { Explain } from './explain.js';
import { idInAddress } from '../../kit/id-in-address.js';
import { RuleList } from './rule-list.js';
import { RulePage } from './rule-page.js';
import './rules.css';

/** The pages of rules. */
export function Pages() {
  return (
    <Switch>
      <Route path="/rules/:id">{({ id }) => <RulePage key={id} id={idInAddress(id)} />}</Route>
      <Route>
        <AllRules />
      </Route>
    </Switch>
  );
}

function AllRules() {
  const words = useWords(rulesWords);
  const mayBacktest = useMay('operate');
  return (
    <>
      <PageHeader title={words.title} />
      <Tabs
        label={words.tabs.label}
        tabs={[
          { id: 'list', label: words.tabs.list, panel: () => <RuleList /> },
          { id: 'explain', label: words.tabs.explain, panel: () => <Explain /> },
          // A backtest keeps a processor busy: who may only read is not offered it.
          ...(mayBacktest ? [{ id: 'backtest', label: words.tabs.backtest, panel: () => <Backtest /> }] : []),
        ]}
      />
    </>
  );
}
