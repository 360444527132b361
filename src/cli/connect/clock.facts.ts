import type { ConnectionFindings } from './connection.findings.js';

const MAX_MS = 1000;

/** When a server was asked for its time, and what it said. In milliseconds since 1970. */
interface ClockReading {
  readonly sent: number;
  readonly received: number;
  readonly server: number;
  /** How far the server's clock may be ahead of `server`. */
  readonly resolution: number;
}

/** Notes by how much the clock of a server differs from this one, to the accuracy of the round trip. */
export function noteClock(findings: ConnectionFindings, reading: ClockReading): void {
  const ms = differenceOf(reading);
  const side = ms > 0 ? 'ahead of' : 'behind';
  const difference = `${Math.round(Math.abs(ms) / 100) / 10} s ${side} this one`;
  findings.fact('clock', Math.abs(ms) < MAX_MS / 10 ? 'agrees with this one' : difference);
  if (Math.abs(ms) <= MAX_MS) return;
  findings.warn(
    'clock-difference',
    `leads to a server whose clock is ${difference}`,
    'synchronise both clocks',
  );
}

/** The least difference that explains the reading. */
function differenceOf({ sent, received, server, resolution }: ClockReading): number {
  if (server > received) return server - received;
  return Math.min(0, server + resolution - sent);
}
