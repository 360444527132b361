/** What each source imports and declares. */
const SOURCE = `import Joi from 'joi';
import type { ConfigService } from '@nestjs/config';
import { BaseConfig, ConfigGroup, Env, Group, ProductionConfig, ProductionConfigModule, Secret } from 'nestjs-production-config';
class MailConfig extends ConfigGroup { @Env(Joi.string()) readonly host!: string; }
class S3Config extends ConfigGroup { @Env(Joi.string()) readonly bucket!: string; }
class OwnMail extends MailConfig { @Env(Joi.number()) readonly own!: number; }
class AppConfig extends ProductionConfig {
  @Group(MailConfig) readonly mail!: MailConfig;
  @Group(S3Config, { prefix: 'S3_', optional: true }) readonly files?: S3Config;
}
declare const service: ConfigService<AppConfig, true>;
declare const module: new () => object;
`;

export const groupSource = (code: string): string => SOURCE + code;

const inClass = (member: string) => `class Config extends ProductionConfig { ${member} }`;
const inGroup = (member: string) => `class Outer extends ConfigGroup { ${member} }`;
const inSubclass = (member: string) => `class Config extends AppConfig { ${member} }`;

const REQUIRED = "{ requiredWhen: (config: Config) => config.PORT > 1, because: 'it is' }";
const FOREIGN = REQUIRED.replace('config: Config', 'config: { readonly NONE: number; PORT: number }');

/** Uses of groups, and a part of the compiler's message for those that must not compile. */
export const GROUP_CASES: readonly (readonly [code: string, message?: string])[] = [
  [inClass('@Group(MailConfig) readonly mail!: MailConfig;')],
  [inClass('@Group(MailConfig) readonly mail?: MailConfig;')],
  [inClass('@Group(MailConfig, { optional: false }) readonly mail!: MailConfig;')],
  [inClass('@Group(MailConfig, { optional: true }) readonly mail?: MailConfig;')],
  [inClass('@Group(MailConfig, { optional: true }) readonly mail: MailConfig | undefined;')],
  [inClass('@Group(OwnMail) readonly mail!: OwnMail;')],
  ['class Config extends AppConfig { @Group(OwnMail) declare readonly mail: OwnMail; }'],
  [inClass('@Group(MailConfig, { optional: true }) readonly mail!: MailConfig;'), 'may be absent: write ?'],
  [
    inClass('@Group(MailConfig, { optional: true as boolean }) readonly mail!: MailConfig;'),
    'may be absent: write ?',
  ],
  [inClass('@Group(MailConfig) readonly mail!: S3Config;'), 'the group is'],
  [inClass('@Group(OwnMail) readonly mail!: MailConfig;'), 'the field is wider than the group'],
  [inClass('@Group(MailConfig) readonly mail!: object;'), 'the field is wider than the group'],
  [inClass('@Group(MailConfig) readonly mail!: unknown;'), 'the field is wider than the group'],
  [inClass('@Group(MailConfig) static readonly mail: MailConfig;'), 'a group is not static'],
  [inClass('@Group(Date) readonly mail!: Date;'), 'isConfigGroup'],
  [inClass('@Group(ProductionConfig) readonly mail!: ProductionConfig;'), 'isConfigGroup'],
  [inClass('@Group(MailConfig, { prefx: "A_" }) readonly mail!: MailConfig;'), 'prefx'],
  [inClass(`@Group(MailConfig, ${REQUIRED}) readonly mail?: MailConfig;`)],
  [inClass(`@Group(MailConfig, ${REQUIRED}) readonly mail!: MailConfig;`), 'may be absent: write ?'],
  [inClass(`@Group(MailConfig, ${FOREIGN}) readonly mail?: MailConfig;`), 'requiredWhen takes'],
  [inClass(`@Env(Joi.string(), ${REQUIRED}) readonly X?: string;`)],
  [inClass(`@Secret(Joi.string(), ${REQUIRED}) readonly X: string | undefined;`)],
  [inClass(`@Env(Joi.string(), ${REQUIRED}) readonly X!: string;`), 'may be absent: write ?'],
  [inClass(`@Env(Joi.number(), ${REQUIRED}) readonly X?: string;`), 'the rule yields'],
  [inClass(`@Env(Joi.string(), ${FOREIGN}) readonly X?: string;`), 'requiredWhen takes'],
  [inClass(`@Env(Joi.string(), ${REQUIRED.replace('PORT', 'PROT')}) readonly X?: string;`), 'PROT'],
  [inClass('@Env(Joi.string(), { requiredWhen: (config: Config) => true }) readonly X?: string;'), 'because'],
  [
    inClass('@Env({ requiredWhen: (config: Config) => true }) declare readonly REPLICAS?: number;'),
    'requiredWhen',
  ],
  [
    inClass('@Group(MailConfig, { requiredWhen: (config: Config) => true }) readonly mail?: MailConfig;'),
    'requiredWhen needs because',
  ],
  [inClass(`@Env(${FOREIGN}) declare readonly REPLICAS?: number;`), 'requiredWhen takes'],
  [
    inClass(`@Env(Joi.string(), ${REQUIRED.replace(' > 1', '')}) readonly X?: string;`),
    "'number' is not assignable to type 'boolean'",
  ],
  [inClass(`@Env(${REQUIRED}) declare readonly REPLICAS?: number;`)],
  ["export const host: string = service.get('mail.host', { infer: true });"],
  ["export const host: number = service.get('mail.host', { infer: true });", 'not assignable'],
  ["service.get('mail.hosts', { infer: true });", 'not assignable'],
  ["export const host: string = AppConfig.pick('mail').load().mail.host;"],
  ["AppConfig.pick('mail').load().PORT;", 'PORT'],
  ["AppConfig.pick('none');", 'not assignable'],
  ['ProductionConfigModule.registerWhen(module, (config: AppConfig) => config.mail.host !== "");'],
  ['ProductionConfigModule.registerWhen(module, (config) => config.PORT > 0);'],
  ['ProductionConfigModule.registerWhen(module, (config: AppConfig) => config.mail.hosts);', 'hosts'],
  [inGroup('@Group(MailConfig) readonly mail!: MailConfig;')],
  [inGroup('@Group(MailConfig, { optional: true }) readonly mail?: MailConfig;')],
  [inGroup('@Group(MailConfig) readonly mail!: S3Config;'), 'the group is'],
  [inGroup('@Group(MailConfig, { optional: true }) readonly mail!: MailConfig;'), 'may be absent: write ?'],
  [inGroup('@Group(OwnMail) readonly mail!: MailConfig;'), 'the field is wider than the group'],
  [inGroup('@Group(MailConfig) static readonly mail: MailConfig;'), 'a group is not static'],
  [inGroup('@Group(MailConfig) private readonly mail!: MailConfig;'), 'is not assignable'],
  [inClass('@Group(MailConfig) readonly mail!: MailConfig; @Group(MailConfig) readonly bulk!: MailConfig;')],
  [inClass('@Group(MailConfig) readonly mail?: S3Config;'), 'the group is'],
  [
    inClass('@Group(MailConfig, { optional: true }) readonly mail: MailConfig | null;'),
    'wider than the group',
  ],
  [inClass('@Group(MailConfig) readonly mail!: never;'), 'the group is'],
  [
    inSubclass('@Group(OwnMail, { optional: true }) declare readonly mail: OwnMail;'),
    'may be absent: write ?',
  ],
  [inSubclass('@Group(S3Config) declare readonly mail: S3Config;'), "missing in type 'S3Config'"],
  [inSubclass('@Group(MailConfig) declare readonly mail: OwnMail;'), 'the group is'],
  ["export const bucket: string | undefined = AppConfig.pick('files').load().files?.bucket;"],
  ["export const bucket: string = AppConfig.pick('files').load().files.bucket;", 'possibly'],
  [
    `import { z } from 'zod';
    ${inGroup('@Env(z.coerce.number().int().default(5)) readonly workers!: number;')}`,
  ],
  [
    `import { z } from 'zod';
    ${inGroup("@Env(z.enum(['eu', 'us']).optional()) readonly region?: 'eu' | 'us';")}`,
  ],
  [
    `import { z } from 'zod';
    ${inGroup('@Env(z.coerce.number()) readonly workers!: string;')}`,
    'the rule yields',
  ],
  [
    `import * as v from 'valibot';
    ${inGroup('@Env(v.pipe(v.string(), v.transform(Number))) readonly percent!: number;')}`,
  ],
  [
    `import * as v from 'valibot';
    ${inGroup('@Env(v.pipe(v.string(), v.transform(Number))) readonly percent!: string;')}`,
    'the rule yields',
  ],
  [
    `import { type } from 'arktype';
    ${inGroup(`@Env(type("'debug' | 'release'")) readonly mode!: 'debug' | 'release';`)}`,
  ],
  [
    `import { type } from 'arktype';
    ${inGroup(`@Env(type("'debug' | 'release'")) readonly mode!: 'debug';`)}`,
    'the rule yields',
  ],
  // Declarations write out the types of classes without a name.
  [
    `export function WithMail<Base extends new (...args: any[]) => BaseConfig>(base: Base) {
      class Mailing extends base { @Group(MailConfig) readonly mail!: MailConfig; }
      return Mailing;
    }
    export class Config extends WithMail(ProductionConfig) {}
    export const host: string = Config.load().mail.host;`,
  ],
  [
    `export function WithTls<Base extends new (...args: any[]) => ConfigGroup>(base: Base) {
      class Tls extends base { @Env(Joi.boolean().default(true)) readonly tls!: boolean; }
      return Tls;
    }
    export class SecureMail extends WithTls(MailConfig) {}
    export class Config extends ProductionConfig { @Group(SecureMail) readonly mail!: SecureMail; }
    export const secured: [string, boolean] = [Config.load().mail.host, Config.load().mail.tls];`,
  ],
  [
    'export const Named = class extends MailConfig {}; export const made = () => class extends ConfigGroup {};',
  ],
];
