import type { RunInput } from './run-worker.js';

/** What has happened to a run and was not worked off yet, in its order. */
export class Inbox {
  #inputs: RunInput[] = [];

  get length(): number {
    return this.#inputs.length;
  }

  add(inputs: readonly RunInput[]): void {
    this.#inputs.push(...inputs);
  }

  /** Back in front of what has come meanwhile. */
  putBack(inputs: readonly RunInput[]): void {
    this.#inputs.unshift(...inputs);
  }

  takeAll(): RunInput[] {
    return this.#inputs.splice(0);
  }

  /** Takes only the ends of attempts; those of one step, where one is named. */
  takeEnds(step_id?: string): RunInput[] {
    const ends = this.#inputs.filter((input) => isEnd(input, step_id));
    if (ends.length > 0) this.#inputs = this.#inputs.filter((input) => !isEnd(input, step_id));
    return ends;
  }

  hasEndOf(step_id: string): boolean {
    return this.#inputs.some((input) => isEnd(input, step_id));
  }
}

function isEnd(input: RunInput, step_id?: string): boolean {
  return input.type === 'ended' && (step_id === undefined || input.prepared.step_id === step_id);
}
