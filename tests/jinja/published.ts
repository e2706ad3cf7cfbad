/** @file Published chat templates, known by the hash of their text, and what Jinja2 made of them, kept as hashes too. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Published {
  readonly versions: { readonly python: string; readonly jinja2: string };
  /** Where the templates are from. */
  readonly packages: readonly string[];
  /** Conversations in the order of the outputs. */
  readonly conversations: readonly string[];
  /** By the hash of the template: a file that has it, and the hash of each output; null where Jinja2 raises an error. */
  readonly templates: {
    readonly [hash: string]: { readonly file: string; readonly outputs: readonly (string | null)[] };
  };
}

export const REFERENCE = path.resolve(import.meta.dirname, '../reference');
export const RECORDING = path.join(REFERENCE, 'chat-templates.json');

/** Half of a SHA-256: 128 bits in hexadecimal. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

export interface Template {
  readonly file: string;
  readonly source: string;
}

/** The files *.jinja below a folder, each text once. */
export function templatesBelow(folder: string): readonly Template[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.jinja'))
    .sort();
  const found = new Map<string, Template>();
  for (const file of files) {
    const source = readFileSync(path.join(folder, file), 'utf8');
    if (!found.has(source)) found.set(source, { file, source });
  }
  return [...found.values()];
}
