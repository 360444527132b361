import { posix } from 'node:path';
import { parsedJson } from './source-text.js';

/** What of the schematic engine's tree is used. A dry run has the same tree and writes nothing. */
export interface Tree {
  exists(path: string): boolean;
  read(path: string): Buffer | null;
  create(path: string, content: string): void;
  overwrite(path: string, content: string): void;
}

/** What `nest add` was told. */
export interface NestAddOptions {
  /** Where the sources are; the Nest CLI passes it. */
  readonly sourceRoot?: string;
  /** The file of the root module. By default the one that main.ts as generated starts, or `app.module.ts`. */
  readonly module?: string;
}

/** The project that is changed, and what is left to its owner. */
export class Project {
  /** What was not changed, and what to write there by hand. */
  readonly byHand: string[] = [];
  /** What is worth knowing, but stops nothing. */
  readonly remarks: string[] = [];
  readonly modulePath: string;
  private readonly sourceRoot: string;

  constructor(
    private readonly tree: Tree,
    /** The folder on disk, in which packages are looked up. */
    readonly root: string,
    { sourceRoot = 'src', module: modulePath }: NestAddOptions,
  ) {
    this.sourceRoot = slashed(sourceRoot);
    const started = generatedMain(this.read(posix.join(this.sourceRoot, 'main.ts')))?.module ?? 'app.module';
    this.modulePath = posix.normalize(slashed(modulePath ?? posix.join(this.sourceRoot, `${started}.ts`)));
  }

  /** Whether its JavaScript is made of ES modules. */
  get isEsm(): boolean {
    return (parsedJson(this.read('package.json') ?? '{}') as { readonly type?: string }).type === 'module';
  }

  /** A file that stands beside the root module. */
  beside(name: string): string {
    return posix.join(posix.dirname(this.modulePath), name);
  }

  /** A file of the application that is not one of its sources. */
  besideSources(name: string): string {
    return posix.join(posix.dirname(this.sourceRoot), name);
  }

  /** The text of a file, byte order mark included; undefined where there is none, or none in UTF-8. */
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

/** A path as the tree has it, which Windows writes with backslashes. */
function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}

/** The module that a main.ts starts: its class, and its file and extension as they are imported. */
export interface StartedModule {
  readonly name: string;
  readonly module: string;
  readonly extension: string;
}

/** How the Nest CLIs write main.ts, of a project and of each application in a monorepo. */
const GENERATED = new RegExp(
  String.raw`^import \{ NestFactory \} from '@nestjs/core';
import \{ (?<name>\w+) \} from '\./(?<module>[\w.-]+?)(?<extension>(?:\.js)?)';

async function bootstrap\(\) \{
  const app = await NestFactory\.create\(\k<name>\);
  await app\.listen\(process\.env\.(?:PORT|port) \?\? 3000\);
\}
(?:await |void )?bootstrap\(\);$`,
);

/** What a main.ts starts that is as the Nest CLI generates it; undefined for any other. */
export function generatedMain(text: string | undefined): StartedModule | undefined {
  const match = GENERATED.exec(text?.replaceAll('\r\n', '\n').trim() ?? '');
  return match?.groups as unknown as StartedModule | undefined;
}
