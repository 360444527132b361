import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A path of a source that exists in memory only, from where the packages of this project are found. */
export const inMemory = (name: string) => `${root}test/in-memory/${name}.ts`;

/** One program over sources by their paths, with the options of this project. */
export function programOf(sources: ReadonlyMap<string, string>): ts.Program {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile.bind(ts.sys));
  const project = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const options: ts.CompilerOptions = {
    ...project.options,
    noEmit: true,
    // Without the alias the package's name leads to its published declarations, which is what users compile against.
    paths: {},
    // A source need not use all that it names.
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
