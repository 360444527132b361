/** Learns how keys are used. An operations page sets it; without one, nothing is recorded. */
export interface KeyObserver {
  hit(key: string): void;
  miss(key: string): void;
  load(key: string): void;
}
