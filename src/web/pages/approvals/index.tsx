import { Route, Switch } from 'wouter';
import { idInAddress } from '../../kit/id-in-address.js';
import { ApprovalList } from './approval-list.js';
import { ApprovalPage } from './approval-page.js';

/** The pages of approvals. */
export function Pages() {
  return (
    <Switch>
      <Route path="/approvals/:id">{({ id }) => <ApprovalPage key={id} approval_id={idInAddress(id)} />}</Route>
      <Route>
        <ApprovalList />
      </Route>
    </Switch>
  );
}
