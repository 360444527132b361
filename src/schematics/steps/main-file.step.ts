import type { Project } from '../project.js';

/** How the Nest CLIs end the file they generate. */
const STARTS = ['await bootstrap();', 'bootstrap();', 'void bootstrap();'];

/**
 * main.ts as the Nest CLI generates it comes to load the configuration before anything else: a bad environment then
 * ends the process with 78, and PORT counts in `.env` too. Any other main.ts is its owner's.
 */
export function editMain(project: Project): void {
  const path = project.beside('main.ts');
  const text = project.read(path);
  if (text?.includes('loadOrExit') === true) return;
  const plain = text?.replaceAll('\r\n', '\n').trim();
  const extension = ['', '.js'].find((each) => STARTS.some((start) => plain === generated(each, start)));
  if (text === undefined || extension === undefined) {
    project.byHand.push(
      `${path}${text === undefined ? ' is not there' : ' is your own'}: where the application starts, load the\n` +
        'configuration first, so that a bad environment ends the process with 78 and PORT counts in .env too:\n' +
        'const config = AppConfig.loadOrExit();\n' +
        'const app = await NestFactory.create(AppModule, { logger: config.getLogLevels() });\n' +
        'await app.listen(config.PORT);',
    );
    return;
  }
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  project.write(
    path,
    text
      .replace(/(?=import \{ AppModule)/, `import { AppConfig } from './app.config${extension}';${newline}`)
      .replace(/(?=  const app)/, `  const config = AppConfig.loadOrExit();${newline}`)
      .replace('create(AppModule)', 'create(AppModule, { logger: config.getLogLevels() })')
      .replace('process.env.PORT ?? 3000', 'config.PORT'),
  );
}

function generated(extension: string, start: string): string {
  return `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module${extension}';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
${start}`;
}
