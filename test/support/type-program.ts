import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A path of an in-memory source from which the packages of this project can be resolved. */
export const inMemory = (name: string) => `${root}test/in-memory/${name}.ts`;

/** One program of sources by path, with the options of this project. */
export function programOf(sources: ReadonlyMap<string, string>): ts.Program {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile.bind(ts.sys));
  const project = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const options: ts.CompilerOptions = {
    ...project.options,
    noEmit: true,
    // Without the alias, the package's name resolves to its published declarations, as for users.
    paths: {},
    // A source can have unused names.
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  const host = ts.createCompilerHost(options);
  const onDisk = { fileExists: host.fileExists.bind(host), readFile: host.readFile.bind(host) };
  host.fileExists = (path) => sources.has(path) || onDisk.fileExists(path);
  host.readFile = (path) => sources.get(path) ?? onDisk.readFile(path);
  host.directoryExists = (path) =>
    ts.sys.directoryExists(path) || [...sources.keys()].some((source) => source.startsWith(`${path}/`));
  return ts.createProgram([...sources.keys()], options, host);
}
