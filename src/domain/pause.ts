/** The big red button: while it is pressed no new write starts anywhere. */
export interface PauseState {
  readonly paused: boolean;
  readonly by: string | null;
  readonly reason: string | null;
  readonly at: string | null;
}

export interface PauseSwitch {
  read(): Promise<PauseState>;
  set(state: PauseState): Promise<void>;
}
