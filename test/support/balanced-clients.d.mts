import type { Agent } from 'node:http';

export interface Outcome {
  readonly status: number | string;
  /** Whether the response says that its connection ends. */
  readonly isLast: boolean;
}

export function ask(port: number, path: string, agent?: Agent): Promise<Outcome>;

export class BalancedClients {
  readonly lost: readonly (number | string)[];
  constructor(
    ports: readonly number[],
    options: {
      readonly count: number;
      readonly path: string;
      readonly pauseMs?: number;
      readonly pollMs?: number;
    },
  );
  add(port: number): void;
  isReady(port: number): boolean;
  served(port?: number): number;
  stop(): Promise<void>;
}
