import type { CustomHelpers, ErrorReport } from 'joi';

/** A refusal whose text the library itself wrote, and which therefore may be shown. */
export class Refusal {
  constructor(
    readonly message: string,
    readonly code: 'invalid' | 'weak',
    /** What to do next, if it is not what the setting's own `fix` says. */
    readonly fix?: string,
  ) {}
}

/** Refuses a value from within a `.custom()` rule, with a text that must not quote it. */
export function refuse(
  helpers: CustomHelpers,
  text: string,
  code: 'invalid' | 'weak' = 'invalid',
  fix?: string,
): ErrorReport {
  return helpers.error('setting.refused', { refusal: new Refusal(text, code, fix) });
}
