import { Module } from '@nestjs/common';
import { ProductionConfigModule } from 'nestjs-production-config';
import { AppConfig } from './app.config.js';
import { ListsController } from './lists.controller.js';
import { ProofController } from './proof.controller.js';

@Module({
  imports: [ProductionConfigModule.forRoot({ config: AppConfig })],
  controllers: [ListsController, ProofController],
})
export class AppModule {}
