import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const checkout = join(__dirname, '../..');
const below = (folder: string): readonly string[] =>
  readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`);
const pages = ['README.md', 'bench/peers/README.md', ...below('docs')].filter((name) => name.endsWith('.md'));
const folders = readdirSync(checkout, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

const textOf = (page: string): string => readFileSync(join(checkout, page), 'utf8');
/** As browsers of repositories make them of headings. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');
const anchorsOf = (page: string): readonly string[] =>
  [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

/** Where a link leads, unless it leads out of the checkout. */
function broken(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(checkout, target))) return true;
  return anchor !== undefined && !anchorsOf(target).includes(anchor);
}

/** Files of this checkout that the text names, also in code: `docs/stack.md`. Patterns, and what is beside the checkout, are none. */
const filesIn = (page: string): readonly string[] =>
  [...textOf(page).matchAll(/(?<![\w./:@$*-])([a-z]+\/[\w./-]*\.(?:ts|md|json|jsonl|sql|xml|mod|sh|yaml))\b/g)]
    .map(([, file = '']) => file)
    .filter((file) => folders.includes(file.split('/')[0] ?? ''));

describe('the documents', () => {
  it.each(pages)('%s links to files and headings that are there', (page) => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => broken(page, link))).toEqual([]);
  });

  it.each(pages)('%s names files of the checkout that are there', (page) => {
    expect(filesIn(page).filter((file) => !existsSync(join(checkout, file)))).toEqual([]);
  });
});
