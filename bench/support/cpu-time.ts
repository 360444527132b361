/**
 * Milliseconds of processor time that this process has taken so far, its compiler and garbage collector included.
 * It limits a busy service. Wall-clock time would also measure other work on the machine.
 */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
