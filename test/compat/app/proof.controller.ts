import { setTimeout as pause } from 'node:timers/promises';
import { CACHE_MANAGER, type Cache } from '@nestjs/cache-manager';
import { Controller, Get, Inject, type OnModuleDestroy, Param, Sse } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { CacheMetrics, KeyRing, LoadingCache } from 'nestjs-production-config';
import { Registry } from 'prom-client';
import { interval, map } from 'rxjs';
import { AppConfig, MailConfig, TlsConfig } from './app.config.js';

/** Checks that need code inside the service. */
@Controller('proof')
export class ProofController implements OnModuleDestroy {
  private isConnected = true;

  constructor(
    @Inject(CACHE_MANAGER) private readonly cache: Cache,
    @Inject(ConfigService) private readonly service: ConfigService,
    private readonly config: AppConfig,
    private readonly mail: MailConfig,
    private readonly tls: TlsConfig,
    private readonly loading: LoadingCache,
    private readonly metrics: CacheMetrics,
    private readonly keys: KeyRing,
  ) {}

  onModuleDestroy(): void {
    this.isConnected = false;
  }

  @Get('cache')
  async cached() {
    await this.cache.set('kept', { answer: 42 });
    await this.cache.set('brief', 1, 20);
    await pause(60);
    const kept = await this.cache.get('kept');
    const brief = (await this.cache.get('brief')) ?? 'expired';
    let loads = 0;
    const load = async () => ++loads;
    await Promise.all([this.loading.get('loaded', load), this.loading.get('loaded', load)]);
    for (let time = 0; time < 2; time++) await this.cache.wrap('wrapped', async () => ++loads);
    for (let entry = 0; entry < 300; entry++) await this.cache.set(`entry-${entry}`, entry);
    const { entries } = this.metrics.snapshot();
    return { kept, brief, loads, entries };
  }

  /** Takes longer than it takes to send a signal. */
  @Get('slow')
  async slow() {
    await pause(500);
    return { connected: this.isConnected };
  }

  /** Never ends by itself. */
  @Sse('events')
  events() {
    return interval(5).pipe(map(() => ({ data: 'tick' })));
  }

  /** The cache manager and the loading cache share entries, and values that are not JSON keep their types. */
  @Get('data')
  async data() {
    await this.cache.set('sent', { at: new Date(0), tags: new Set(['a']) });
    const sent = await this.loading.get<{ at: unknown; tags: unknown }>('sent', async () => ({
      at: 0,
      tags: [],
    }));
    return { isDate: sent.at instanceof Date, isSet: sent.tags instanceof Set };
  }

  @Get('metrics')
  async registered() {
    const registry = new Registry();
    await this.metrics.register(registry);
    return { names: (await registry.metrics()).match(/^cache_(?:entries|hits_total)(?= )/gm) };
  }

  /** Returns the value that an earlier process stored under the key, and replaces it. */
  @Get('shared/:value')
  async shared(@Param('value') value: string) {
    while (this.metrics.snapshot().shared?.isConnected !== true) await pause(20);
    const before = (await this.cache.get('shared')) ?? null;
    await this.cache.set('shared', value, 60_000);
    return { before };
  }

  @Get('config')
  settings() {
    return {
      region: this.config.REGION,
      port: typeof this.service.get('PORT'),
      refused: codeOf(() => this.service.set('PORT', 1)),
      frozen: Object.isFrozen(this.config),
      shown: JSON.stringify([this.service, this.config]).includes(this.config.SECRET_KEY),
    };
  }

  @Get('groups')
  groups() {
    const { mail, files, archive } = this.config;
    return {
      mail: [this.mail.host, this.mail.port, this.mail.password],
      read: this.service.get('mail.host'),
      verify: this.tls.verify,
      isInjected: this.mail === mail && this.tls === mail.tls,
      files: files?.bucket,
      hasArchive: archive !== undefined,
      shown: JSON.stringify([this.mail, this.config]).includes('smtp-password'),
    };
  }

  @Get('keys')
  signed() {
    return { verified: this.keys.verify('proof', 'data', this.keys.sign('proof', 'data')) };
  }
}

function codeOf(action: () => void): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
}
