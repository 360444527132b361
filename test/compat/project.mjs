// A project of one line of Nest: installed once, compiled with each TypeScript, run on each Node.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Consumer, succeeded } from '../support/consumer.mjs';
import { settingsOf } from './lines.mjs';

export class Project {
  constructor(line, folder) {
    this.line = line;
    this.consumer = new Consumer(folder, { type: line.type });
    this.consumer.copy('test/compat/app');
  }

  /** Installs the project's packages first, so that npm must resolve the package against them. */
  async install(tarball) {
    succeeded(await this.consumer.install(...this.line.packages));
    succeeded(await this.consumer.install(tarball));
    return this;
  }

  /** The versions that are installed. */
  get name() {
    const version = (name) => JSON.parse(this.consumer.read(`node_modules/${name}/package.json`)).version;
    const [nest, config, cache] = ['common', 'config', 'cache-manager'].map((name) =>
      version(`@nestjs/${name}`),
    );
    return `Nest ${nest}, config ${config}, cache-manager ${cache}`;
  }

  /** The compiler settings for this TypeScript, as arguments of `compile`. */
  settings(typescript) {
    return Object.entries(settingsOf(this.line, typescript));
  }

  /** Type-checks and compiles; returns the entries and a digest that identifies their JavaScript. */
  async compile(compiler, name, compilerOptions) {
    const output = `dist/${name}`;
    const tsconfig = `tsconfig.${name}.json`;
    this.consumer.write(tsconfig, {
      compilerOptions: { ...compilerOptions, outDir: output },
      include: ['src'],
    });
    succeeded(await this.consumer.node([compiler, '--project', tsconfig]));
    const digest = createHash('sha256');
    const folder = join(this.consumer.folder, output);
    for (const file of readdirSync(folder).toSorted()) {
      if (file.endsWith('.js')) digest.update(file).update(readFileSync(join(folder, file)));
    }
    return { main: `${output}/main.js`, sockets: `${output}/sockets.js`, digest: digest.digest('hex') };
  }
}
