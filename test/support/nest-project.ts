import { EmptyTree } from '@angular-devkit/schematics';
import { SchematicTestRunner } from '@angular-devkit/schematics/testing';
import { join } from 'node:path';
import { ROOT } from './run.js';

/** The files of a project, by path. */
export type Files = Readonly<Record<string, string>>;

/** What `nest add` made of a project: its files, and what it printed. */
export interface Added {
  readonly files: Files;
  readonly said: string;
}

/** Runs the built schematic on files in memory, with the engine that the Nest CLI runs it with. */
export async function nestAdd(
  files: Readonly<Record<string, string | Buffer>>,
  options: Readonly<Record<string, string>> = {},
): Promise<Added> {
  const runner = new SchematicTestRunner(
    'nestjs-production-config',
    join(ROOT, 'schematics/collection.json'),
  );
  const lines: string[] = [];
  runner.logger.subscribe(({ message }) => lines.push(message));
  const tree = new EmptyTree();
  for (const [path, text] of Object.entries(files)) tree.create(path, text);
  const result = await runner.runSchematic('nest-add', options, tree);
  const contents = result.files.map((path) => [path.slice(1), result.read(path)!.toString('utf8')] as const);
  return { files: Object.fromEntries(contents), said: lines.join('\n') };
}

/** The files that the Nest CLI generates, as far as `nest add` looks at them. */
export function generated(major: 11 | 12): Files {
  const extension = major === 11 ? '' : '.js';
  return {
    'package.json': `${JSON.stringify({ name: 'service', ...(major === 11 ? {} : { type: 'module' }) }, null, 2)}\n`,
    '.gitignore': '/dist\n/node_modules\n\n# dotenv environment variable files\n.env\n.env.local\n',
    'src/app.module.ts': `import { Module } from '@nestjs/common';
import { AppController } from './app.controller${extension}';
import { AppService } from './app.service${extension}';

@Module({
  imports: [],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule {}
`,
    'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module${extension}';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
${major === 11 ? '' : 'await '}bootstrap();
`,
  };
}
