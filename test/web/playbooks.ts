/** Playbooks and rules for the pages: one for each thing that a run may come to. */
export const PLAYBOOKS: Readonly<Record<string, string>> = {
  'rules.yaml': `rules:
  - {rule_id: R-FIX, alert_name: Slow_Checkout, playbook_id: PB-Fix, description: Checkout is slow}
  - {rule_id: R-ASK, alert_name: Full_Disk, playbook_id: PB-Ask}
  - {rule_id: R-SOLVED, alert_name: Odd_Orders, playbook_id: PB-Solved}
  - {rule_id: R-SLOW, alert_name: Long_Work, playbook_id: PB-Slow}
  - {rule_id: R-FAIL, alert_name: Broken_Pipe, playbook_id: PB-Fail}
`,
  'fix.yaml': `playbook_id: PB-Fix
name: Make the checkout quick again
description: Looks at it, then turns the cache on.
tasks:
  - {id: look, name: Look at the checkout, type: api_call, action: GET /checkout}
  - {id: warm, name: Warm the cache, type: api_call, action: POST /cache/warm, idempotent: true, depends_on: [look]}
  - {id: count, name: Count what is left, type: api_call, action: GET /orders, depends_on: [warm]}
`,
  'ask.yaml': `playbook_id: PB-Ask
name: Clean the disk
mode: approve
tasks:
  - {id: look, name: Look at the disk, type: api_call, action: GET /disk}
  - {id: clean, name: Remove old files, type: api_call, action: POST /disk/clean, idempotent: true, depends_on: [look], parameters: {body: {older_than: 7d}}}
  - {id: after, name: Look again, type: api_call, action: GET /disk, depends_on: [clean]}
`,
  'solved.yaml': `playbook_id: PB-Solved
name: Odd orders
tasks:
  - {id: look, name: Look at the orders, type: api_call, action: GET /orders}
  - {id: solved, name: Ask whether it is solved, type: confirmation, depends_on: [look], parameters: {message: Do the orders look right again?, expires: 1h}}
`,
  'slow.yaml': `playbook_id: PB-Slow
name: Long work
tasks:
  - {id: look, name: Look at it, type: api_call, action: GET /long}
  - {id: rest, name: Let it rest, type: wait, depends_on: [look], parameters: {duration: 20m}, timeout: 30m}
  - {id: act, name: Do the rest, type: api_call, action: POST /long/rest, depends_on: [rest]}
`,
  'fail.yaml': `playbook_id: PB-Fail
name: Mend the pipe
tasks:
  - {id: look, name: Look at the pipe, type: api_call, action: GET /pipe}
  - {id: mend, name: Mend it, type: api_call, action: POST /pipe/mend, idempotent: true, depends_on: [look]}
`,
};
