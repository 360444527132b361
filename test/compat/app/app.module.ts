import { type CanActivate, Controller, type ExecutionContext, Get, Injectable, Module } from '@nestjs/common';
import { ProductionConfigModule } from 'nestjs-production-config';
import { OperationsModule } from 'nestjs-production-config/operations';
import { AppConfig } from './app.config.js';
import { ListsController } from './lists.controller.js';
import { MethodsController, Prices, Stock } from './methods.controller.js';
import { ProofController } from './proof.controller.js';

@Controller('storage')
class StorageController {
  @Get()
  stored() {
    return { stored: true };
  }
}

@Controller('archive')
class ArchiveController extends StorageController {}

@Module({ controllers: [StorageController] })
class StorageModule {}

@Module({ controllers: [ArchiveController] })
class ArchiveModule {}

@Injectable()
class StaffGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
    return headers['x-staff'] === 'yes';
  }
}

@Module({
  imports: [
    ProductionConfigModule.forRoot({ config: AppConfig }),
    ProductionConfigModule.registerWhen(StorageModule, (config: AppConfig) => config.files !== undefined),
    ProductionConfigModule.registerWhen(ArchiveModule, (config: AppConfig) => config.archive !== undefined),
    OperationsModule.forRoot({ guards: [StaffGuard] }),
  ],
  providers: [Prices, Stock],
  controllers: [ListsController, MethodsController, ProofController],
})
export class AppModule {}
