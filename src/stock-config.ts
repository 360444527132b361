import { ConfigModule, ConfigService } from '@nestjs/config';
import type { ExistingProvider, InjectionToken } from '@nestjs/common';
import { MODULE_METADATA } from '@nestjs/common/constants.js';

/**
 * The token under which Nest makes its ConfigService; the class is only an alias of it. A test that overrides
 * ConfigService leaves this one alone.
 */
export const STOCK_CONFIG_SERVICE: InjectionToken = aliasedBy(ConfigService);

function aliasedBy(token: InjectionToken): InjectionToken {
  const providers = Reflect.getMetadata(MODULE_METADATA.PROVIDERS, ConfigModule) as ExistingProvider[];
  return providers.find(({ provide }) => provide === token)!.useExisting as InjectionToken;
}
