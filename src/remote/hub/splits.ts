/**
 * @file The files of a data set by configuration and split: as its README.md states them, else by the names that are usual
 * on the hub (`main/train-00000-of-00001.parquet`, `data/test.jsonl`, `train/0000.parquet`).
 */
import { suggestion } from '../../did-you-mean.ts';
import { HubError } from './errors.ts';
import type { Listing, RepoFile } from './listing.ts';
import { formatHubName, type HubName } from './name.ts';
import { type DataConfig, readConfigs } from './readme.ts';

/** The files of one split in their order. */
export interface Split {
  readonly config: string;
  readonly split: string;
  readonly files: readonly RepoFile[];
}

/** What data can be read from, gzipped where that is possible. */
const ROWS = /\.(?:parquet|(?:jsonl|ndjson|json|csv)(?:\.gz)?)$/i;
const DEFAULT = 'default';

/**
 * The split that a name leads to, or the file.
 * @param readme - text of README.md; null where there is none
 * @throws HubError listing what there is, where the name leads to nothing or to several
 */
export function splitFiles(name: HubName, listing: Listing, readme: string | null): Split {
  const exact = listing.files.find(({ path }) => path === name.path);
  if (exact !== undefined) return { config: '', split: '', files: [exact] };
  const stated = readme === null ? [] : readConfigs(readme).flatMap((one) => statedSplits(one, listing));
  const splits = stated.length > 0 ? stated : usualSplits(listing);
  const split = chosen(name, splits, defaultOf(readme, splits));
  if (listing.partial) requireShards(name, split);
  return split;
}

function statedSplits({ name, splits }: DataConfig, { files }: Listing): Split[] {
  return splits
    .map(({ split, patterns }) => {
      const matching = patterns.map(toRegExp);
      const own = files.filter(({ path }) => ROWS.test(path) && matching.some((one) => one.test(path)));
      return { config: name, split, files: sorted(own) };
    })
    .filter((one) => one.files.length > 0);
}

/** A glob of the hub: `*` stays within a folder, `**` does not. */
function toRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/^\.\//, '')
    .replaceAll(/[\\^$+.()|{}]/g, '\\$&')
    .replaceAll('**/', '\u0001')
    .replaceAll('**', '\u0002')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
    .replaceAll('\u0001', '(?:.*/)?')
    .replaceAll('\u0002', '.*');
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch {
    // Brackets that are no class: the name as it is.
    return new RegExp(`^${pattern.replaceAll(/[\\^$*+?.()|{}[\]/]/gu, '\\$&')}$`, 'u');
  }
}

/** Words in names of files and folders that say which split it is. */
const WORDS: { readonly [split: string]: readonly string[] } = {
  train: ['train', 'training'],
  test: ['test', 'testing', 'eval', 'evaluation'],
  validation: ['validation', 'valid', 'val', 'dev'],
};

/** Splits by the names of files: the first folder is the configuration, unless it is `data` or says the split. */
function usualSplits({ files }: Listing): Split[] {
  const found = new Map<string, { config: string; split: string; files: RepoFile[] }>();
  for (const file of files.filter(({ path }) => ROWS.test(path))) {
    const folders = file.path.split('/');
    const base = folders.pop()!;
    const split = splitIn(base) ?? folders.map(splitIn).findLast((one) => one !== null) ?? 'train';
    const first = folders[0];
    const isPlain = first === undefined || first === 'data' || splitIn(first) !== null;
    const config = isPlain ? DEFAULT : first;
    const key = `${config}/${split}`;
    const one = found.get(key) ?? { config, split, files: [] };
    one.files.push(file);
    found.set(key, one);
  }
  // JSON files beside the rows are settings of the repository, such as dataset_infos.json.
  const rows = [...found.values()].map((one) => ({ ...one, files: sorted(withoutSettings(one.files)) }));
  return rows.filter((one) => one.files.length > 0);
}

function splitIn(name: string): string | null {
  const words = name.toLowerCase().split(/[^a-z]+/);
  return Object.keys(WORDS).find((split) => WORDS[split]!.some((word) => words.includes(word))) ?? null;
}

function withoutSettings(files: readonly RepoFile[]): RepoFile[] {
  const rows = files.filter(({ path }) => !/\.json$/i.test(path));
  return rows.length > 0
    ? rows
    : files.filter(({ path }) => !/(^|\/)(?:dataset_infos?|config)\.json$/i.test(path));
}

function sorted(files: readonly RepoFile[]): RepoFile[] {
  return [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function defaultOf(readme: string | null, splits: readonly Split[]): string | null {
  const marked = readme === null ? undefined : readConfigs(readme).find((one) => one.isDefault)?.name;
  const configs = [...new Set(splits.map(({ config }) => config))];
  const choice = marked ?? (configs.length === 1 ? configs[0] : DEFAULT);
  return choice !== undefined && configs.includes(choice) ? choice : null;
}

/** `configuration/split`, `split` of the only or default configuration, or nothing where there is one split alone. */
function chosen(name: HubName, splits: readonly Split[], usual: string | null): Split {
  if (splits.length === 0) throw noRows(name);
  const within = (config: string | null) => splits.filter((one) => one.config === config);
  const fits = [
    ...splits.filter((one) => `${one.config}/${one.split}` === name.path),
    ...within(usual).filter((one) => one.split === name.path),
    ...only(within(name.path)),
    ...(name.path === '' ? only(usual === null ? splits : within(usual)) : []),
  ];
  if (fits[0] !== undefined) return fits[0];
  const all = splits.map(({ config, split }) =>
    splits.every((s) => s.config === DEFAULT) ? split : `${config}/${split}`,
  );
  const what = name.path === '' ? 'which split?' : `no split “${name.path}”`;
  const near = name.path === '' ? '' : ` (${suggestion(name.path, all)})`;
  const names = all.map((one) => `hf:${name.repo}/${one}`).join(', ');
  throw new HubError('missing', `${formatHubName(name)}: ${what}${near}`, `There is ${names}.`);
}

function only(splits: readonly Split[]): readonly Split[] {
  return splits.length === 1 ? splits : [];
}

/** A part of several in a name, with their count. */
const PART = /-of-(\d{5})/;

/** Whether the name of a file says how many files its split has. */
export function isNumbered(path: string): boolean {
  return PART.test(path);
}

/** Refuses a split of which the cache has a part: files that are numbered say how many there are. */
function requireShards(name: HubName, { files }: Split): void {
  const count = Number(PART.exec(files[0]!.path)?.[1] ?? 0);
  if (files.length >= count) return;
  throw new HubError(
    'missing',
    `${formatHubName(name)}: ${files.length} of its ${count} files are in the cache`,
    'Download it where there is a network: aha fetch with --dataset.',
  );
}

function noRows(name: HubName): HubError {
  return new HubError(
    'contents',
    `${formatHubName(name)}: no Parquet, JSONL or CSV files here`,
    `The hub converts many data sets itself: try hf:${name.repo}${name.path === '' ? '' : `/${name.path}`}@refs/convert/parquet.`,
  );
}
