/** @file `aha keys`: the file of API keys that `aha serve --keys` reads. */
import { UsageError } from '../../errors.ts';
import {
  changeKeysFile,
  hashKey,
  keyNameSchema,
  newKey,
  readKeysFile,
  type StoredKey,
} from '../../serving/access/index.ts';
import type { Io } from '../cli/io.ts';
import { table } from '../terminal/text-table.ts';

export interface KeyOptions {
  readonly file: string;
  readonly json?: boolean;
}

export interface NewKeyOptions extends KeyOptions {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly concurrent?: number;
  readonly expires?: Date;
}

/**
 * Makes a key, keeps its hash and prints it.
 * @throws UsageError when the name cannot be one or is taken, or the time is past
 */
export async function addKey(name: string, options: NewKeyOptions, io: Io): Promise<void> {
  const { file, expires, requestsPerMinute = null, tokensPerMinute = null, concurrent = null } = options;
  const checked = keyNameSchema.safeParse(name);
  if (!checked.success)
    throw new UsageError(`key name “${name}”: ${checked.error.issues[0]?.message}`, 'Choose another.');
  if (expires !== undefined && expires.getTime() <= Date.now())
    throw new UsageError(`--expires ${expires.toISOString()}: that is past`, 'Name a time to come.');
  const key = newKey();
  const stored: StoredKey = {
    name,
    sha256: hashKey(key).toString('hex'),
    created: new Date().toISOString(),
    expires: expires?.toISOString() ?? null,
    limits: { requestsPerMinute, tokensPerMinute, concurrent },
  };
  const add = (keys: readonly StoredKey[]): StoredKey[] => {
    if (keys.some((other) => other.name === name)) {
      throw new UsageError(
        `${file}: there is a key named ${name}`,
        `Choose another name, or take that one away: aha keys remove ${name} --file ${file}`,
      );
    }
    return [...keys, stored];
  };
  await changeKeysFile(file, add, { create: true });
  const { sha256: _hash, ...shown } = stored;
  io.stdout.write(options.json ? `${JSON.stringify({ ...shown, file, key })}\n` : `${key}\n`);
  if (!options.json) io.stderr.write(`The key of ${name} is shown this once; ${file} keeps only its hash.\n`);
}

/** Prints the names and limits. */
export function listKeys({ file, json }: KeyOptions, io: Io): void {
  const keys = readKeysFile(file).keys.map(({ sha256: _hash, ...shown }) => shown);
  if (json) io.stdout.write(`${JSON.stringify(keys)}\n`);
  else io.stdout.write(keys.length === 0 ? `${file} holds no key.\n` : keysTable(keys));
}

/** @throws UsageError when there is no key of that name */
export async function removeKey(name: string, { file, json }: KeyOptions, io: Io): Promise<void> {
  await changeKeysFile(file, (keys) => {
    if (!keys.some((key) => key.name === name))
      throw new UsageError(`${file}: no key named ${name}`, `See them with: aha keys list --file ${file}`);
    return keys.filter((key) => key.name !== name);
  });
  io.stdout.write(json ? `${JSON.stringify({ removed: name, file })}\n` : `removed ${name} from ${file}\n`);
}

function keysTable(keys: readonly Omit<StoredKey, 'sha256'>[]): string {
  const rows = [
    ['name', 'requests/min', 'tokens/min', 'concurrent', 'created', 'expires'],
    ...keys.map(({ name, limits, created, expires }) => [
      name,
      String(limits.requestsPerMinute ?? '–'),
      String(limits.tokensPerMinute ?? '–'),
      String(limits.concurrent ?? '–'),
      created.slice(0, 10),
      expires?.slice(0, 16).replace('T', ' ') ?? '–',
    ]),
  ];
  return `${table(rows, [...rows[0]!.keys()])}\n`;
}
