import { type Project, generatedMain } from '../project.js';

/**
 * main.ts as the Nest CLI generates it comes to load the configuration before anything else: a bad environment then
 * ends the process with 78, and PORT counts in `.env` too. Any other main.ts is its owner's.
 */
export function editMain(project: Project): void {
  const path = project.beside('main.ts');
  const text = project.read(path);
  if (text?.includes('loadOrExit') === true) return;
  const started = generatedMain(text);
  if (text === undefined || started === undefined) {
    const state = text === undefined ? 'is not there' : 'is not as Nest generates it';
    project.byHand.push(
      `${path} ${state}: where the application starts, load the configuration first,\n` +
        'const config = AppConfig.loadOrExit();\n' +
        'so that a bad environment ends the process with 78. Then pass { logger: config.getLogLevels() } to\n' +
        'NestFactory.create(), and config.PORT, which counts in .env too, to app.listen().',
    );
    return;
  }
  const { name, extension } = started;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const options = ['{', '    logger: config.getLogLevels(),', '  }'].join(newline);
  project.write(
    path,
    text
      .replace(
        /(?=import \{ \w+ \} from '\.\/)/,
        `import { AppConfig } from './app.config${extension}';${newline}`,
      )
      .replace(/(?=  const app)/, `  const config = AppConfig.loadOrExit();${newline}`)
      .replace(`create(${name})`, `create(${name}, ${options})`)
      .replace(/process\.env\.PORT \?\? 3000/i, 'config.PORT'),
  );
}
