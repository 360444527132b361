import { ApiProperty } from '@nestjs/swagger';

const integer = { type: 'integer' };

/** A page of Spring Data. */
export function springPage(content: object): object {
  return {
    type: 'object',
    required: ['content', 'totalElements', 'number', 'last'],
    properties: {
      content,
      totalElements: integer,
      number: integer,
      size: integer,
      last: { type: 'boolean' },
    },
  };
}

class OrderAttributes {
  @ApiProperty()
  readonly customer!: string;
}

export class OrderResource {
  @ApiProperty({ enum: ['orders'] })
  readonly type!: string;

  @ApiProperty()
  readonly id!: string;

  @ApiProperty()
  readonly attributes!: OrderAttributes;
}

/** A JSON:API document of several resources. */
export function resourceDocument(data: object): object {
  const link = { type: 'string', nullable: true };
  const links = { type: 'object', properties: { first: link, prev: link, next: link, last: link } };
  return { type: 'object', required: ['data', 'links'], properties: { data, links } };
}
