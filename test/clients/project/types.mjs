import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

mkdirSync('src/openapi');
for (const file of readdirSync('openapi')) {
  const types = await openapiTS(readFileSync(`openapi/${file}`, 'utf8'));
  writeFileSync(`src/openapi/${file.replace('.json', '.d.ts')}`, astToString(types));
}
