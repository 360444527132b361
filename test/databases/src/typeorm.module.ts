import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AppConfig } from './app.config.js';

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [AppConfig],
      useFactory: (config: AppConfig) => ({
        type: 'postgres',
        extra: config.getDatabaseConfig(),
        autoLoadEntities: true,
      }),
    }),
  ],
})
export class TypeOrmDatabaseModule {}
