import { Observable } from 'rxjs';

/**
 * The last value of an observable, changed: at once where `change` answers at once. One subscription, where operators
 * of rxjs would take four for every request.
 */
export function mapLast(
  source: Observable<unknown>,
  change: (value: unknown) => unknown,
): Observable<unknown> {
  return new Observable((subscriber) => {
    let last: unknown;
    let isEmpty = true;
    const answer = (changed: unknown) => {
      subscriber.next(changed);
      subscriber.complete();
    };
    const fail = (error: unknown) => subscriber.error(error);
    return source.subscribe({
      next: (value) => {
        last = value;
        isEmpty = false;
      },
      error: fail,
      complete: () => {
        if (isEmpty) return subscriber.complete();
        let changed: unknown;
        try {
          changed = change(last);
        } catch (error) {
          return fail(error);
        }
        if (changed instanceof Promise) changed.then(answer, fail);
        else answer(changed);
      },
    });
  });
}
