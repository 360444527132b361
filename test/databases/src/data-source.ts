import { DataSource } from 'typeorm';
import { AppConfig } from './app.config.js';

export default new DataSource({
  type: 'postgres',
  extra: AppConfig.pick('getDatabaseConfig').load().getDatabaseConfig(),
  entities: ['dist/**/*.entity.js'],
  migrations: ['dist/migrations/*.js'],
});
