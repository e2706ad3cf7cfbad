/**
 * @file Configurations of a data set, from the YAML at the head of its README.md: which files are which split.
 *
 * Reads what `configs:` there is made of: nested lists and maps in block style, scalars, and lists in brackets. Anything
 * else (anchors, texts over several lines) makes the whole count as absent.
 */
import { isJsonObject, type Json } from '../../records.ts';

/** The files of a split, as patterns. */
export interface SplitPatterns {
  readonly split: string;
  readonly patterns: readonly string[];
}

/** A configuration: a subset of a data set under a name. */
export interface DataConfig {
  readonly name: string;
  readonly isDefault: boolean;
  readonly splits: readonly SplitPatterns[];
}

/** The configurations a README.md states; none where it has no head, states none, or writes them in another way. */
export function readConfigs(readme: string): DataConfig[] {
  const head = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(readme)?.[1];
  if (head === undefined) return [];
  const lines = head.split(/\r?\n/);
  const start = lines.findIndex((line) => /^configs:\s*$/.test(line));
  if (start < 0) return [];
  const length = lines.slice(start + 1).findIndex((line) => /^[^\s#-]/.test(line));
  const block = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length);
  const parsed = new Block(block).read();
  return Array.isArray(parsed) ? parsed.flatMap(configOf) : [];
}

function configOf(entry: Json): DataConfig[] {
  if (!isJsonObject(entry)) return [];
  const { config_name: name = 'default', data_files: files, data_dir: directory, default: isDefault } = entry;
  if (typeof name !== 'string') return [];
  const within = typeof directory === 'string' ? `${directory.replace(/\/+$/, '')}/` : '';
  const splits = splitsOf(files ?? (within === '' ? [] : '**'));
  return [
    {
      name,
      isDefault: isDefault === 'true',
      splits: splits.map(({ split, patterns }) => ({ split, patterns: patterns.map((one) => within + one) })),
    },
  ];
}

/** `data_files`: a pattern, several, or lists of `{split, path}`; patterns alone are the split train. */
function splitsOf(files: Json): SplitPatterns[] {
  const entries = Array.isArray(files) ? files : [files];
  const bare = entries.filter((one) => typeof one === 'string');
  if (bare.length > 0) return [{ split: 'train', patterns: bare }];
  return entries.filter(isJsonObject).flatMap(({ split, path }) => {
    const patterns = (Array.isArray(path) ? path : [path]).filter((one) => typeof one === 'string');
    return typeof split === 'string' && patterns.length > 0 ? [{ split, patterns }] : [];
  });
}

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** Lines of YAML in block style, read from the first to the last. */
class Block {
  readonly #lines: Line[];
  #at = 0;

  constructor(lines: readonly string[]) {
    this.#lines = lines
      .filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))
      .map((line) => ({ indent: line.length - line.trimStart().length, text: line.trim() }));
  }

  /** The value of all lines; null where they are not in this style. */
  read(): Json | null {
    const first = this.#lines[0];
    if (first === undefined) return null;
    const value = this.#value(first.indent);
    return this.#at === this.#lines.length ? value : null;
  }

  #value(indent: number): Json {
    return this.#lines[this.#at]!.text.startsWith('-') ? this.#list(indent) : this.#map(indent);
  }

  #list(indent: number): Json[] {
    const items: Json[] = [];
    for (let line = this.#lines[this.#at]; line?.indent === indent; line = this.#lines[this.#at]) {
      const rest = /^-(\s+(.*))?$/.exec(line.text);
      if (rest === null) break;
      const text = rest[2] ?? '';
      if (text === '') {
        this.#at += 1;
        items.push(this.#below(indent));
      } else if (isPair(text)) {
        // What stands behind the dash is the first line of a block that is indented as deep as it stands.
        const deeper = indent + line.text.length - text.length;
        this.#lines[this.#at] = { indent: deeper, text };
        items.push(this.#map(deeper));
      } else {
        this.#at += 1;
        items.push(scalar(text));
      }
    }
    return items;
  }

  #map(indent: number): Json {
    const entries: [string, Json][] = [];
    for (let line = this.#lines[this.#at]; line?.indent === indent; line = this.#lines[this.#at]) {
      const [, key, text] = /^("[^"]*"|'[^']*'|[^\s:][^:]*):(?:\s+(.*))?$/.exec(line.text) ?? [];
      if (key === undefined) break;
      this.#at += 1;
      const value = text === undefined || text === '' ? this.#below(indent) : scalar(text);
      entries.push([key.replaceAll(/^["']|["']$/g, ''), value]);
    }
    return Object.fromEntries(entries);
  }

  /** What is nested under a key or a dash; a list may stand as far left as its key. */
  #below(indent: number): Json {
    const next = this.#lines[this.#at];
    if (next === undefined) return null;
    const isNested = next.indent > indent || (next.indent === indent && next.text.startsWith('-'));
    return isNested ? this.#value(next.indent) : null;
  }
}

function isPair(text: string): boolean {
  return /^(?:"[^"]*"|'[^']*'|[^\s:"'[{][^:]*):(?:\s|$)/.test(text);
}

/** A text, without quotes and comments; lists in brackets; everything else as text. */
function scalar(text: string): Json {
  const quoted = /^(["'])(.*?)\1(?:\s+#.*)?$/.exec(text);
  if (quoted !== null) return quoted[2]!;
  const bare = text.replace(/\s+#.*$/, '').trim();
  const list = /^\[(.*)\]$/.exec(bare);
  if (list === null) return bare;
  const inside = list[1]!.trim();
  return inside === '' ? [] : inside.split(',').map((one) => scalar(one.trim()));
}
