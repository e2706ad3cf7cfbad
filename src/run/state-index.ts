/**
 * @file Index of the states in a directory: `state.json`, the newest first, with size and SHA-256 of every file of each.
 *
 * A state's files are written before the index that lists them, and under a name that no listed state has, so that at
 * every moment the index tells of whole states only; what it does not list was cut short or is old.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { atPath, UserError } from '../errors.ts';
import type { Json } from '../records.ts';
import { writeJsonAtomic } from './atomic.ts';
import { type FileSum, sumFile } from './checksum.ts';

/** Name of the index inside a state directory. */
export const INDEX = 'state.json';

const schema = z.strictObject({
  format: z.literal(1),
  states: z.array(
    z.strictObject({
      /** Counts the states of a stage from 1. */
      serial: z.int().positive(),
      /** Optimiser steps taken. */
      steps: z.int().min(0),
      files: z.record(z.string(), z.strictObject({ bytes: z.int().min(0), sha256: z.string() })),
    }),
  ),
});

/** A state and the sums of its files, by their names in the directory. */
export type ChecksummedState = z.output<typeof schema>['states'][number];

/** Name of a state's file. */
export function fileOf(serial: number): string {
  return `state-${serial}.safetensors`;
}

/**
 * The states a directory lists, the newest first; none where it has no index.
 * @throws UserError when the index is damaged
 */
export function readIndex(dir: string, remedy: string): readonly ChecksummedState[] {
  const file = path.join(dir, INDEX);
  if (!existsSync(file)) return [];
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8'))).states;
  } catch (cause) {
    throw new UserError(`${file} is damaged, or of another version`, remedy, { cause });
  }
}

function statesOf(dir: string): readonly ChecksummedState[] {
  return readIndex(dir, `delete ${dir} to start the stage again`);
}

/** A number above those of the states that are listed. */
export function nextSerial(dir: string): number {
  return (statesOf(dir)[0]?.serial ?? 0) + 1;
}

/** Sums of the files in `dir` that a stage's progress names, at its top level. */
export function sumCompanions(dir: string, progress: Json): Record<string, FileSum> {
  if (typeof progress !== 'object' || progress === null) return {};
  const sums = Object.values(progress).flatMap((name: Json) => {
    const sum =
      typeof name === 'string' && path.basename(name) === name ? sumFile(path.join(dir, name)) : null;
    return sum === null ? [] : [[name as string, sum] as const];
  });
  return Object.fromEntries(sums);
}

/** Lists a state whose files are written as the newest, and removes every other file that is then not listed. */
export async function pushState(dir: string, state: ChecksummedState, kept: number): Promise<void> {
  const states = [state, ...statesOf(dir)].slice(0, kept);
  await writeJsonAtomic(path.join(dir, INDEX), { format: 1, states });
  const listed = filesOf(states);
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const { name } = entry;
    if (entry.isFile() && name !== INDEX && !listed.has(name)) rmSync(path.join(dir, name), { force: true });
  }
}

/**
 * What a copy to go on from needs: the index with the newest state alone, and the files of older ones, which it can lack.
 * @throws UserError when the index is damaged
 */
export function newestState(dir: string): { readonly index: Json; readonly spare: readonly string[] } {
  const [newest, ...older] = statesOf(dir);
  const states = newest === undefined ? [] : [newest];
  const needed = filesOf(states);
  return {
    index: JSON.parse(JSON.stringify({ format: 1, states })) as Json,
    spare: [...filesOf(older)].filter((name) => !needed.has(name)),
  };
}

/** Takes the newest `count` states off the index. */
export function dropStates(dir: string, count: number): void {
  const file = path.join(dir, INDEX);
  const temporary = path.join(dir, `.${INDEX}.tmp`);
  try {
    writeFileSync(
      temporary,
      `${JSON.stringify({ format: 1, states: statesOf(dir).slice(count) }, null, 2)}\n`,
    );
    renameSync(temporary, file);
  } catch (error) {
    throw atPath(error, file, temporary);
  }
}

function filesOf(states: readonly ChecksummedState[]): Set<string> {
  return new Set(states.flatMap(({ files }) => Object.keys(files)));
}
