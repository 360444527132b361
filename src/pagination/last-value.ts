import { Observable } from 'rxjs';

/**
 * Emits only the last value of an observable, changed; synchronously if `change` is synchronous. It takes one
 * subscription a request, the equivalent rxjs operators take four.
 */
export function mapLast(
  source: Observable<unknown>,
  change: (value: unknown) => unknown,
): Observable<unknown> {
  return new Observable((subscriber) => {
    let last: unknown;
    let isEmpty = true;
    const emit = (changed: unknown) => {
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
        if (changed instanceof Promise) changed.then(emit, fail);
        else emit(changed);
      },
    });
  });
}
