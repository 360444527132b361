import { ProductionConfig } from 'nestjs-production-config';

export class AppConfig extends ProductionConfig {}
