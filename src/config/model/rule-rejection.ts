import type { CustomHelpers, ErrorReport } from 'joi';

/** A rejection with a text that is safe to show. */
export class RuleRejection {
  constructor(
    readonly message: string,
    readonly code: 'invalid' | 'weak',
    /** What to do, if the setting's `fix` does not apply. `%s` stands for the setting's name. */
    readonly fix?: string,
    /** The text is another library's, so that it is not shown for a secret. */
    readonly isForeign = false,
  ) {}
}

/** Rejects a value in a `.custom()` rule. The text must not contain the value. */
export function refuse(
  helpers: CustomHelpers,
  text: string,
  code: 'invalid' | 'weak' = 'invalid',
  fix?: string,
): ErrorReport {
  return helpers.error('setting.refused', { refusal: new RuleRejection(text, code, fix) });
}
