import { BadRequestException, StandardSchemaValidationPipe } from '@nestjs/common';
import Joi from 'joi';

export interface Credentials {
  readonly name: string;
  readonly password: string;
}

const name = Joi.string()
  .lowercase()
  .pattern(/^[\w.-]{3,40}$/)
  .messages({ 'string.pattern.base': '{{#label}} must be 3 to 40 letters, digits, _ . or -' })
  .required();

const schema = Joi.object<Credentials>({
  name,
  // The upper bound keeps clients from sending megabytes to be hashed.
  password: Joi.string().min(8).max(200).required(),
})
  .required()
  .label('the body')
  .prefs({ abortEarly: false, errors: { wrap: { label: false } } });

/** For `@Body()`. The 400 response names every problem and no value. */
export const CREDENTIALS = {
  schema,
  pipes: [
    new StandardSchemaValidationPipe({
      exceptionFactory: (issues) => new BadRequestException(issues.map(({ message }) => message)),
    }),
  ],
};

/** The name as `CREDENTIALS` would yield it, so that all its spellings count as one; undefined if it is invalid. */
export function accountNameIn(body: unknown): string | undefined {
  const { value, error } = name.validate((body as Partial<Credentials> | undefined)?.name);
  return error === undefined ? value : undefined;
}
