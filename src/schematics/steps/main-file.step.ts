import { type Project, matchGeneratedMain } from '../project.js';

/**
 * Makes a generated main.ts load the configuration first and shut down gracefully: an invalid environment then ends the
 * process with exit code 78, PORT is also read from `.env`, and a rollout loses no request. Any other main.ts is left
 * unchanged.
 */
export function editMain(project: Project): void {
  const path = project.beside('main.ts');
  const text = project.read(path);
  if (text?.includes('loadOrExit') === true) return;
  const started = matchGeneratedMain(text);
  if (text === undefined || started === undefined) {
    const state = text === undefined ? 'does not exist' : 'differs from what Nest generates';
    project.manualSteps.push(
      `${path} ${state}: load the configuration before the application starts,\n` +
        'const config = AppConfig.loadOrExit();\n' +
        'so that an invalid environment ends the process with exit code 78. Then pass { logger: config.getLogLevels() } to\n' +
        'NestFactory.create(), and config.PORT to app.listen(): it is also read from .env. Between the two, call\n' +
        'shutdownGracefully(app);\n' +
        'in place of app.enableShutdownHooks(), so that a rollout loses no request.',
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
        `import { shutdownGracefully } from 'nestjs-production-config';${newline}` +
          `import { AppConfig } from './app.config${extension}';${newline}`,
      )
      .replace(/(?=  const app)/, `  const config = AppConfig.loadOrExit();${newline}`)
      .replace(`create(${name})`, `create(${name}, ${options})`)
      .replace(/(?=  await app\.listen)/, `  shutdownGracefully(app);${newline}`)
      .replace(/process\.env\.PORT \?\? 3000/i, 'config.PORT'),
  );
}
