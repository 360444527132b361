export { ApiPage, type ApiItem } from './api-page.decorator.js';
