/**
 * Documents paged routes in OpenAPI, for services with `@nestjs/swagger`.
 *
 * @module nestjs-production-config/swagger
 */

export { ApiPage, type ApiItem } from './api-page.decorator.js';
