/**
 * The documentation of paged routes in OpenAPI, for services that have `@nestjs/swagger`.
 *
 * @module nestjs-production-config/swagger
 */

export { ApiPage, type ApiItem } from './api-page.decorator.js';
