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
