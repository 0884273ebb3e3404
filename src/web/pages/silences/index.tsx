import { Route, Switch } from 'wouter';
import { PageHeader } from '../../kit/page-header.js';
import { Tabs } from '../../kit/tabs.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';
import { idInAddress } from '../../kit/id-in-address.js';
import { InhibitionList } from './inhibition-list.js';
import { InhibitionPage } from './inhibition-page.js';
import { SilenceList } from './silence-list.js';
import { SilencePage } from './silence-page.js';
import { WindowList } from './window-list.js';
import { WindowPage } from './window-page.js';
import './silences.css';

/** The pages of what holds alerts back: silences, maintenance windows, inhibition rules. */
export function Pages() {
  return (
    <Switch>
      <Route path="/silences/windows/:window_id">
        {({ window_id }) => <WindowPage key={window_id} windowId={idInAddress(window_id)} />}
      </Route>
      <Route path="/silences/inhibition/:rule_id">
        {({ rule_id }) => <InhibitionPage key={rule_id} ruleId={idInAddress(rule_id)} />}
      </Route>
      <Route path="/silences/:silence_id">
        {({ silence_id }) => <SilencePage key={silence_id} silenceId={idInAddress(silence_id)} />}
      </Route>
      <Route>
        <Lists />
      </Route>
    </Switch>
  );
}

function Lists() {
  const w = useWords(silencesWords);
  return (
    <>
      <PageHeader title={w.title} />
      <Tabs
        label={w.tabs.label}
        tabs={[
          { id: 'silences', label: w.tabs.silences, panel: () => <SilenceList /> },
          { id: 'windows', label: w.tabs.windows, panel: () => <WindowList /> },
          { id: 'inhibition', label: w.tabs.inhibition, panel: () => <InhibitionList /> },
        ]}
      />
    </>
  );
}
