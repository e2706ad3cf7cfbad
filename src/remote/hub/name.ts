/**
 * @file Names of models and data on the Hugging Face hub: `hf:owner/name`, with a path inside and a revision where wanted:
 * `hf:Qwen/Qwen3-0.6B@main`, `hf:openai/gsm8k/main/train`, `hf:owner/name/file.gguf@refs/pr/1`.
 */
import { UsageError } from '../../errors.ts';

/** The two kinds of repository that are read. A model and a data set may have the same name. */
export type RepoKind = 'model' | 'dataset';

/** A name, taken apart. */
export interface HubName {
  readonly kind: RepoKind;
  /** `owner/name`; the oldest repositories have no owner. */
  readonly repo: string;
  /** Of a model a file or folder; of data a file, a split, or a configuration and a split. Empty unless given. */
  readonly path: string;
  /** Branch, tag or commit; `main` unless given. */
  readonly revision: string;
}

const PREFIX = 'hf:';
const COMMIT = /^[0-9a-f]{40}$/;
/** A part of a repository's name, as the hub allows it. */
const PART = /^[A-Za-z0-9_](?:[\w.-]{0,94}[\w])?$/;
/** As git allows it, without what a path or an address would read otherwise. */
const REVISION = /^(?!.*(?:\.\.|\/\/))[\w][\w./+-]*$/;

/** Whether a text names something on the hub, and no path. */
export function isHubName(text: string): boolean {
  return /^hf:\S+$/.test(text);
}

/** Whether a revision is a commit, which never moves. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** @throws UsageError naming the part that is wrong */
export function parseHubName(text: string, kind: RepoKind): HubName {
  const refuse = (why: string): never => {
    const form =
      kind === 'model' ? 'hf:owner/name[/path][@revision]' : 'hf:owner/name[/configuration/split][@revision]';
    throw new UsageError(`${text}: ${why}`, `Write ${form}.`);
  };
  const body = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  const at = body.indexOf('@');
  const revision = at < 0 ? 'main' : body.slice(at + 1);
  const parts = (at < 0 ? body : body.slice(0, at)).split('/');
  const repo = parts.slice(0, 2);
  const wrong = repo.find((part) => !PART.test(part) || part.includes('--') || part.includes('..'));
  if (wrong !== undefined) return refuse(`${JSON.stringify(wrong)} is no part of a repository’s name`);
  if (!REVISION.test(revision)) return refuse(`${JSON.stringify(revision)} is no revision`);
  const inside = parts.slice(2);
  if (inside.some((part) => part === '' || part === '.' || part === '..')) {
    return refuse(`${JSON.stringify(inside.join('/'))} is no path inside a repository`);
  }
  return { kind, repo: repo.join('/'), path: inside.join('/'), revision };
}

/** The name as it is written, with its revision always. */
export function formatHubName({ repo, path, revision }: HubName): string {
  return `${PREFIX}${repo}${path === '' ? '' : `/${path}`}@${revision}`;
}

/** The name at a commit. */
export function pinned(name: HubName, commit: string): HubName {
  return { ...name, revision: commit };
}

/** What a model or data set is called where its owner is left out: `Qwen3-0.6B`. */
export function shortName({ repo, path }: HubName): string {
  const name = path === '' ? repo : path;
  return name.slice(name.lastIndexOf('/') + 1).replace(/\.gguf$/, '');
}
