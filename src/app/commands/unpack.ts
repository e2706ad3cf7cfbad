/** @file `aha unpack`: puts a run that came in chunks together, ready to go on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { reasonOf, UsageError, UserError } from '../../errors.ts';
import { makeDirectory } from '../../run/atomic.ts';
import { readChunks } from '../../run/chunks.ts';
import { RECIPE } from '../../run/directory.ts';
import type { Io } from '../cli/io.ts';
import { programCommand } from '../cli/shell.ts';
import { settleCarried } from '../recipes/index.ts';
import { RUN_LIST, type RunList } from './bundle-run.ts';
import { startTar } from './tar.ts';

const schema = z.strictObject({
  format: z.literal(1),
  run: z.string(),
  chunks: z.array(z.strictObject({ file: z.string(), bytes: z.number(), sha256: z.string() })),
});

/** What the command line says. */
export interface UnpackOptions {
  readonly json?: boolean;
}

/**
 * Unpacks the run of a bundle into a new folder.
 * @throws UsageError where there is no run or the folder is not empty, UserError for chunks that are missing or damaged
 */
export async function unpack(
  bundle: string,
  dir: string | undefined,
  { json }: UnpackOptions,
  io: Io,
): Promise<void> {
  const list = readList(bundle);
  const target = dir ?? list.run;
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new UsageError(`${target} exists and is not empty`, 'Name a new folder for the run.');
  }
  await extractInto(target, list, bundle);
  await settleCarried(target);
  const command = programCommand(['run', path.join(target, RECIPE), '--resume']);
  io.stdout.write(
    json
      ? `${JSON.stringify({ dir: target, resume: command })}\n`
      : `${target}: unpacked. Go on with: ${command}\n`,
  );
}

function readList(bundle: string): RunList {
  const file = path.join(bundle, RUN_LIST);
  if (!existsSync(file)) {
    throw new UsageError(
      `${bundle} holds no run: it has no ${RUN_LIST}`,
      'Pack one with aha bundle --run <dir>.',
    );
  }
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new UserError(`${file}: damaged (${reasonOf(cause)})`, 'Copy it again.', { cause });
  }
}

/** The folder appears when all of it is there. */
async function extractInto(target: string, list: RunList, bundle: string): Promise<void> {
  const beside = path.dirname(path.resolve(target));
  makeDirectory(beside);
  const draft = await mkdtemp(path.join(beside, '.aha-unpack-'));
  try {
    await extract(bundle, list, draft);
    await rename(draft, target);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function extract(bundle: string, { chunks }: RunList, target: string): Promise<void> {
  const bytes = Readable.from(readChunks(chunks, bundle, RUN_LIST));
  const { tar, ended } = startTar(['-xf', '-', '-C', target]);
  const [status, failure, said] = await Promise.all([
    ended,
    pipeline(bytes, tar.stdin).then(
      () => null,
      (error: unknown) => error,
    ),
    text(tar.stderr),
  ]);
  // What is wrong with a chunk is told before what tar makes of a stream that broke off. A tar that found the end of the
  // archive closes the stream before the padding is read: no failure.
  if (failure instanceof UserError) throw failure;
  if (status === 0) return;
  throw new UserError(`tar failed: ${said.trim()}`, 'Free some space, or name another folder.');
}
