import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { expect, it } from 'vitest';
import { ROOT, run } from './support/run.js';

const ENTRIES = ['', '/swagger', '/testing'].map((path) => `nestjs-production-config${path}`);
