import { ConfigModule, ConfigService, registerAs } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { ConfigGroup, Env, Group, port, ProductionConfig } from 'nestjs-production-config';
import { importApp } from './support/apps.js';
import { serveOperations, timed } from './support/operations.js';

/** Settings as services read them: from an object that was injected into their constructor. */
interface Reader {
  pageSize(): number;
  secretLength(): number;
  /** A setting of a group. */
  mailPort(): number;
}

class MailConfig extends ConfigGroup {
  @Env(port().default(587))
  readonly port!: number;
}

class GroupedConfig extends ProductionConfig {
  @Group(MailConfig)
  readonly mail!: MailConfig;
}

class PropertyReader implements Reader {
  constructor(
    private readonly config: ProductionConfig,
    private readonly grouped: GroupedConfig,
  ) {}

  pageSize(): number {
    return this.config.PAGE_SIZE;
  }

  secretLength(): number {
    return this.config.SECRET_KEY.length;
  }

  mailPort(): number {
    return this.grouped.mail.port;
  }
}

interface Values {
  readonly PAGE_SIZE: number;
  readonly SECRET_KEY: string;
  readonly mail: { readonly port: number };
}

class ServiceReader implements Reader {
  constructor(
    private readonly config: ConfigService<Values, true>,
    private readonly grouped: ConfigService<Values, true>,
  ) {}

  pageSize(): number {
    return this.config.get('PAGE_SIZE');
  }

  secretLength(): number {
    return this.config.get<string>('SECRET_KEY').length;
  }

  mailPort(): number {
    return this.grouped.get('mail.port', { infer: true });
  }
}

const [, , side] = process.argv;
const app = await (await importApp(side)).createApp();

// Eight readers in turn: with only one, the optimiser would read the setting once, before the loop.
const rotating = (create: () => Reader) => Array.from({ length: 8 }, create);
const stock = await NestFactory.createApplicationContext(
  ConfigModule.forRoot({ ignoreEnvFile: true, load: [registerAs('mail', () => ({ port: 587 }))] }),
  { logger: false },
);
const services = rotating(() => new ServiceReader(app.get(ConfigService), stock.get(ConfigService)));
// One instance for all readers, as in an application.
const grouped = GroupedConfig.load();
const readers =
  side === 'ours' ? rotating(() => new PropertyReader(app.get(ProductionConfig), grouped)) : services;

// Separate loops, so that each is compiled for only one kind of reader.
function readSettings(repeat: number): number {
  let sum = 0;
  for (let i = 0; i < repeat; i++) sum += readers[i & 7]!.pageSize();
  return sum;
}

function readSecrets(repeat: number): number {
  let sum = 0;
  for (let i = 0; i < repeat; i++) sum += readers[i & 7]!.secretLength();
  return sum;
}

function readGroups(repeat: number): number {
  let sum = 0;
  for (let i = 0; i < repeat; i++) sum += readers[i & 7]!.mailPort();
  return sum;
}

function readThroughService(repeat: number): number {
  let sum = 0;
  for (let i = 0; i < repeat; i++) sum += services[i & 7]!.pageSize();
  return sum;
}

serveOperations({
  setting: (repeat) => timed(() => readSettings(repeat)),
  secret: (repeat) => timed(() => readSecrets(repeat)),
  group: (repeat) => timed(() => readGroups(repeat)),
  service: (repeat) => timed(() => readThroughService(repeat)),
});
