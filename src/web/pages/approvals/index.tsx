import { Route, Switch } from 'wouter';
import { ApprovalList } from './approval-list.js';
import { ApprovalPage } from './approval-page.js';

/** The pages of approvals. */
export function Pages() {
  return (
    <Switch>
      <Route path="/approvals/:id">{({ id }) => <ApprovalPage key={id} approval_id={id} />}</Route>
      <Route>
        <ApprovalList />
      </Route>
    </Switch>
  );
}
