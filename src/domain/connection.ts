/** One line of `fixpoint doctor`: what was dialled, whether it works, and what to do when it does not. */
export interface ConnectionCheck {
  /** The configuration key: `executors.elasticsearch`. */
  readonly name: string;
  /** What was dialled, without credentials. */
  readonly target: string;
  readonly ok: boolean;
  /** What was found (`Elasticsearch 8.19.5`), or what is wrong and what to do. */
  readonly message: string;
  readonly required: boolean;
}
