import { VirtualClock } from '../../src/rehearsal/virtual-clock.js';

/** A clock that a test moves by hand. `advance` runs every timer that falls due, in order, letting promises settle in between. */
export class FakeClock extends VirtualClock {
  constructor(start = '2026-11-21T10:00:00.000Z') {
    super(Date.parse(start));
  }

  async advance(ms: number): Promise<void> {
    const until = this.now() + ms;
    for (;;) {
      await settle();
      if (this.fireDue()) continue;
      const next = this.next(false);
      if (next > until) break;
      this.moveTo(next);
    }
    this.moveTo(until);
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
