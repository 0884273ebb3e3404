import { Route, Switch } from 'wouter';
import { idInAddress } from '../../kit/id-in-address.js';
import { IncidentList } from './list.js';
import { IncidentPage } from './incident.js';

/** The pages of incidents. */
export function Pages() {
  return (
    <Switch>
      <Route path="/incidents/:id">{({ id }) => <IncidentPage key={id} id={idInAddress(id)} />}</Route>
      <Route>
        <IncidentList />
      </Route>
    </Switch>
  );
}
