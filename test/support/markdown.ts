import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ROOT } from './run.js';

/** A fenced block of a page, or of a doc block. */
export interface Block {
  readonly page: string;
  readonly line: number;
  /** The text after the opening fence. */
  readonly language: string;
  readonly code: string;
}

/** A Markdown page with its path in the repository. */
export interface MarkdownPage {
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The page without its code. */
  readonly prose: string;
}

const FENCE = /^( *)```(.*)\n([^]*?)^\1```$/gm;
const EXAMPLE = /^ *\* ```ts\n([^]*?)^ *\* ```$/gm;

/** Every page for users and contributors, in the repository or in an unpacked tarball. */
export function markdownPages(root = ROOT): MarkdownPage[] {
  const inRoot = readdirSync(root).filter((name) => name.endsWith('.md'));
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  return [...inRoot, ...inDocs].map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const blocks = Array.from(text.matchAll(FENCE), ({ index, 2: language = '', 3: code = '' }) => ({
      page: path,
      line: lineOf(text, index),
      language: language.trim(),
      code,
    }));
    return { path, text, blocks, prose: text.replaceAll(FENCE, '') };
  });
}

/** The examples in the doc blocks of the sources, which are the pages of the API reference. */
export function exampleBlocks(): Block[] {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return sources
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const text = readFileSync(join(ROOT, 'src', name), 'utf8');
      return Array.from(text.matchAll(EXAMPLE), ({ index, 1: code = '' }) => ({
        page: `src/${name}`,
        line: lineOf(text, index),
        language: 'ts',
        code: code.replaceAll(/^ *\* ?/gm, ''),
      }));
    });
}

const lineOf = (text: string, index: number) => text.slice(0, index).split('\n').length;

/** The links of a page to missing files and headings. */
export function brokenLinks(page: MarkdownPage, pages: readonly MarkdownPage[], root = ROOT): string[] {
  return targetsOf(page).filter((target) => {
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? page.path : posix.join(posix.dirname(page.path), file);
    if (!existsSync(join(root, path))) return true;
    if (anchor === undefined) return false;
    const aim = pages.find((candidate) => candidate.path === path);
    return aim === undefined || !anchorsOf(aim).includes(anchor);
  });
}

/** The targets of the links of a page, except links to other sites. */
export function targetsOf({ prose }: MarkdownPage): string[] {
  return [...prose.replaceAll(/`[^`\n]*`/g, '``').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that GitHub and npm generate from the headings, and those that the page sets. */
function anchorsOf({ prose }: MarkdownPage): string[] {
  const seen = new Map<string, number>();
  const own = Array.from(prose.matchAll(/<a id="([^"]+)"><\/a>/g), ([, id = '']) => id);
  const generated = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
  return [...own, ...generated];
}
