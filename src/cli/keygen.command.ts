import { generateSecretKey } from '../config/strength/secret-key.js';
import type { Command } from './command.js';

export const keygen: Command = {
  summary: 'print a new SECRET_KEY: 256 random bits on one line',
  usage: '',
  options: {},
  maxPositionals: 0,
  run: () => ({ output: `${generateSecretKey()}\n`, ok: true }),
};
