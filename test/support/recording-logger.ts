import type { LoggerService } from '@nestjs/common';
import { inspect } from 'node:util';

/** Records log messages as text. */
export class RecordingLogger implements LoggerService {
  readonly lines: { level: string; text: string }[] = [];

  log(...message: unknown[]): void {
    this.keep('log', message);
  }

  warn(...message: unknown[]): void {
    this.keep('warn', message);
  }

  error(...message: unknown[]): void {
    this.keep('error', message);
  }

  debug(...message: unknown[]): void {
    this.keep('debug', message);
  }

  verbose(): void {}

  of(level: string): string[] {
    return this.lines.filter((line) => line.level === level).map(({ text }) => text);
  }

  private keep(level: string, message: unknown[]): void {
    const text = message.map((part) => (typeof part === 'string' ? part : inspect(part))).join(' ');
    this.lines.push({ level, text });
  }
}
