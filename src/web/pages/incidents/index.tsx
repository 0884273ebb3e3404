import { Route, Switch } from 'wouter';
import { IncidentList } from './list.js';
import { IncidentPage } from './incident.js';

/** The pages of incidents. */
export function Pages() {
  return (
    <Switch>
      <Route path="/incidents/:id">{({ id }) => <IncidentPage key={id} id={id} />}</Route>
      <Route>
        <IncidentList />
      </Route>
    </Switch>
  );
}
