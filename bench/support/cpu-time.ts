/**
 * Milliseconds of processor time that this process has taken so far, its compiler and garbage collector included.
 * It is what bounds a busy service; by the clock, one would measure who else is at work on the machine.
 */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
