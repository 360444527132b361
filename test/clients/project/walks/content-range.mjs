import simpleRestProvider from 'ra-data-simple-rest';
import { walkProvider } from '../react-admin.mjs';

export const walk = (url) => walkProvider(simpleRestProvider(url), 'ASC');
