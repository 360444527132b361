import { Controller, Get, Module, UseInterceptors } from '@nestjs/common';
import { CachePublic, HttpCacheInterceptor, ProductionConfigModule } from 'nestjs-production-config';
import { AppConfig } from './app.config.js';

@Controller('shop')
@UseInterceptors(HttpCacheInterceptor)
class ShopController {
  // Injected by its type, which a bundler may lose.
  constructor(private readonly config: AppConfig) {}

  @Get()
  @CachePublic()
  find(): { readonly name: string } {
    return { name: this.config.SHOP };
  }
}

@Module({ imports: [ProductionConfigModule.forRoot({ config: AppConfig })], controllers: [ShopController] })
export class AppModule {}
