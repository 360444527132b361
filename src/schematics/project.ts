import { posix } from 'node:path';
import { parseJson } from './source-text.js';

/** The part of the schematic engine's tree that is used. A dry run has the same tree and writes nothing. */
export interface Tree {
  exists(path: string): boolean;
  read(path: string): Buffer | null;
  create(path: string, content: string): void;
  overwrite(path: string, content: string): void;
}

/** The options of `nest add`. */
export interface NestAddOptions {
  /** The source folder; the Nest CLI passes it. */
  readonly sourceRoot?: string;
  /** The file of the root module. Default: the module that a generated main.ts starts, or `app.module.ts`. */
  readonly module?: string;
}

/** The project to change, and the steps that its owner must do. */
export class Project {
  /** Changes to make by hand. */
  readonly manualSteps: string[] = [];
  /** Information that needs no action at once. */
  readonly notes: string[] = [];
  readonly modulePath: string;
  private readonly sourceRoot: string;

  constructor(
    private readonly tree: Tree,
    /** The folder on disk. Packages are resolved from here. */
    readonly root: string,
    { sourceRoot = 'src', module: modulePath }: NestAddOptions,
  ) {
    this.sourceRoot = toSlashes(sourceRoot);
    const started =
      matchGeneratedMain(this.read(posix.join(this.sourceRoot, 'main.ts')))?.module ?? 'app.module';
    this.modulePath = posix.normalize(toSlashes(modulePath ?? posix.join(this.sourceRoot, `${started}.ts`)));
  }

  /** Whether the project compiles to ES modules. */
  get isEsm(): boolean {
    return (parseJson(this.read('package.json') ?? '{}') as { readonly type?: string }).type === 'module';
  }

  /** The path of a file beside the root module. */
  beside(name: string): string {
    return posix.join(posix.dirname(this.modulePath), name);
  }

  /** The path of a file of the application outside the source folder. */
  besideSources(name: string): string {
    return posix.join(posix.dirname(this.sourceRoot), name);
  }

  /** The text of a file, including a byte order mark. Undefined if the file does not exist or is not UTF-8. */
  read(path: string): string | undefined {
    const bytes = this.tree.exists(path) ? this.tree.read(path) : null;
    const text = bytes?.toString('utf8');
    return text !== undefined && Buffer.from(text).equals(bytes!) ? text : undefined;
  }

  exists(path: string): boolean {
    return this.tree.exists(path);
  }

  write(path: string, text: string): void {
    if (!this.tree.exists(path)) this.tree.create(path, text);
    else if (this.read(path) !== text) this.tree.overwrite(path, text);
  }
}

/** Converts a Windows path to the form that the tree uses. */
function toSlashes(path: string): string {
  return path.replaceAll('\\', '/');
}

/** The module that a main.ts starts: its class, and the file and extension in the import. */
export interface StartedModule {
  readonly name: string;
  readonly module: string;
  readonly extension: string;
}

/** The main.ts that the Nest CLI generates for a project or for an application in a monorepo. */
const GENERATED = new RegExp(
  String.raw`^import \{ NestFactory \} from '@nestjs/core';
import \{ (?<name>\w+) \} from '\./(?<module>[\w.-]+?)(?<extension>(?:\.js)?)';

async function bootstrap\(\) \{
  const app = await NestFactory\.create\(\k<name>\);
  await app\.listen\(process\.env\.(?:PORT|port) \?\? 3000\);
\}
(?:await |void )?bootstrap\(\);$`,
);

/** The module that a generated main.ts starts. Undefined if the file differs from the generated one. */
export function matchGeneratedMain(text: string | undefined): StartedModule | undefined {
  const match = GENERATED.exec(text?.replaceAll('\r\n', '\n').trim() ?? '');
  return match?.groups as unknown as StartedModule | undefined;
}
