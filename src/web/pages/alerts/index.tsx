import { Route, Switch } from 'wouter';
import { idInAddress } from '../../kit/id-in-address.js';
import { AlertList } from './alert-list.js';
import { AlertPage } from './alert-page.js';

/** The pages of alerts: the list, and one alert. */
export function Pages() {
  return (
    <Switch>
      <Route path="/alerts/:alert_id">
        {({ alert_id }) => <AlertPage key={alert_id} alertId={idInAddress(alert_id)} />}
      </Route>
      <Route>
        <AlertList />
      </Route>
    </Switch>
  );
}
