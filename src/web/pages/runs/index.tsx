import { Route, Switch } from 'wouter';
import { idInAddress } from '../../kit/id-in-address.js';
import { RunList } from './run-list.js';
import { RunPage } from './run-page.js';

/** The pages of runs. */
export function Pages() {
  return (
    <Switch>
      {/* A key: another run is another page, with nothing left over from the one before. */}
      <Route path="/runs/:id">{({ id }) => <RunPage key={id} run_id={idInAddress(id)} />}</Route>
      <Route>
        <RunList />
      </Route>
    </Switch>
  );
}
