/**
 * Settles like `work`, or rejects after `ms` milliseconds with the error that `late` returns.
 *
 * @param options.ref whether the wait keeps the process alive. Default: true
 */
export function withTimeout<T>(
  work: Promise<T>,
  ms: number,
  late: () => Error,
  { ref = true } = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms);
    if (!ref) timer.unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Whether `work` settles within `ms` milliseconds. */
export function settlesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, false);
    const settled = () => {
      clearTimeout(timer);
      resolve(true);
    };
    work.then(settled, settled);
  });
}
