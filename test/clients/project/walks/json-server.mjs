import jsonServerProvider from 'ra-data-json-server';
import { walkProvider } from '../react-admin.mjs';

export const walk = (url) => walkProvider(jsonServerProvider(url), 'DESC');
