import { fetchUtils } from 'ra-core';
import simpleRestProvider from 'ra-data-simple-rest';
import { walkProvider } from '../react-admin.mjs';

export const walk = (url) =>
  walkProvider(simpleRestProvider(url, fetchUtils.fetchJson, 'X-Total-Count'), 'DESC');
