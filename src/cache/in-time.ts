/**
 * What `work` comes to, or after `ms` milliseconds the error that `late` makes. What arrived while this process was
 * busy elsewhere is not late: it is read before the verdict.
 */
export function inTime<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(late())), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
