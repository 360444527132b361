import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { ArgsType, Field, GraphQLModule, ID, Int, ObjectType } from '@nestjs/graphql';

export const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
  driver: ApolloDriver,
  autoSchemaFile: true,
});

@ArgsType()
export class ConnectionArgs {
  @Field(() => Int, { nullable: true })
  readonly first?: number;

  @Field(() => String, { nullable: true })
  readonly after?: string;

  @Field(() => Int, { nullable: true })
  readonly last?: number;

  @Field(() => String, { nullable: true })
  readonly before?: string;
}

@ObjectType()
class Order {
  @Field(() => ID)
  readonly id!: number;
}

@ObjectType()
class OrderEdge {
  @Field(() => Order)
  readonly node!: Order;

  @Field(() => String)
  readonly cursor!: string;
}

@ObjectType()
class PageInfo {
  @Field(() => Boolean)
  readonly hasNextPage!: boolean;

  @Field(() => Boolean)
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true })
  readonly startCursor!: string | null;

  @Field(() => String, { nullable: true })
  readonly endCursor!: string | null;
}

@ObjectType()
export class OrderConnection {
  @Field(() => [OrderEdge])
  readonly edges!: OrderEdge[];

  @Field(() => PageInfo)
  readonly pageInfo!: PageInfo;
}
