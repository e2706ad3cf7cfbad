/**
 * @file Rollouts sampled ahead of the updates, as when sampling and training run side by side (AReaL, arXiv 2505.24298).
 *
 * With staleness s, the rollout of step t is sampled before the updates of step t − s, so by a policy at most s steps
 * old; with 0 the queue is empty between steps. What waits is part of a run's state: it was sampled by weights that are
 * no more. Leaves out sampling at the same time as training: one process, one thing after the other.
 */
import { readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.ts';
import type { Completion, Scored } from '../records.ts';
import { writeFileAtomic } from '../run/atomic.ts';
import { readResponse } from '../text/index.ts';
import { keptFiles } from '../update/index.ts';
import type { Rollout } from './dynamic-sampling.ts';

export class RolloutQueue {
  readonly #staleness: number;
  readonly #waiting: Rollout[];

  /** @param waiting - the rollouts that follow one another from the first step on, sampled before an interruption */
  constructor(staleness: number, waiting: readonly Rollout[] = []) {
    this.#staleness = staleness;
    this.#waiting = [...waiting];
  }

  /** Sampled and not yet trained on, the oldest first. */
  get waiting(): readonly Rollout[] {
    return this.#waiting;
  }

  /**
   * The rollout of a step, after sampling ahead as far as the bound and the last step allow.
   * @param draw - samples the rollout of a step by the policy as it is now
   */
  async take(step: number, steps: number, draw: (step: number) => Promise<Rollout>): Promise<Rollout> {
    const last = Math.min(step + this.#staleness, steps - 1);
    // One after another: each goes on in the prompts where the one before it stopped.
    while (step + this.#waiting.length <= last) this.#waiting.push(await draw(step + this.#waiting.length));
    return this.#waiting.shift()!;
  }
}

/** Mean number of optimiser steps between sampling and now, the policy having taken `steps`. */
export function meanStaleness({ kept }: Rollout, steps: number): number {
  const sum = kept.reduce((total, { completion }) => total + steps - completion.policyVersion, 0);
  return sum / Math.max(1, kept.length);
}

const PREFIX = 'ahead-';

/**
 * Writes `ahead-<step>.jsonl`, a completion a line, where anything waits; returns its name. To be called before the
 * state that names it is saved.
 */
export async function saveAhead(
  dir: string,
  step: number,
  waiting: readonly Rollout[],
): Promise<string | undefined> {
  if (waiting.length === 0) return undefined;
  const name = `${PREFIX}${step}.jsonl`;
  const lines = waiting.flatMap((rollout, index) => [
    ...rollout.kept.map((scored) => toLine(scored, true, index, rollout.attempts)),
    ...rollout.discarded.map((scored) => toLine(scored, false, index, rollout.attempts)),
  ]);
  await writeFileAtomic(path.join(dir, name), lines.join(''));
  return name;
}

/**
 * The rollouts saveAhead wrote, bit for bit.
 * @throws UserError where the file is missing or damaged
 */
export function loadAhead(dir: string, name: string): Rollout[] {
  const rollouts: { kept: Scored[]; discarded: Scored[]; attempts: number }[] = [];
  for (const { index, attempts, kept, scored } of readLines(path.join(dir, name))) {
    rollouts[index] ??= { kept: [], discarded: [], attempts };
    const completion = decode(scored.completion);
    rollouts[index][kept ? 'kept' : 'discarded'].push({ ...scored, completion });
  }
  return rollouts;
}

function readLines(file: string): Line[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Line);
  } catch (cause) {
    throw new UserError(
      `${file}, with what was sampled ahead, is missing or damaged`,
      `delete ${path.dirname(file)} to start the stage again`,
      { cause },
    );
  }
}

/** Removes the files that no kept state names. To be called once the state that names `keep` is saved. */
export async function removeAhead(dir: string, keep: string | undefined): Promise<void> {
  const kept = keptFiles(dir);
  const old = (await readdir(dir)).filter(
    (name) => name.startsWith(PREFIX) && name !== keep && !kept.has(name),
  );
  await Promise.all(old.map((name) => rm(path.join(dir, name), { force: true })));
}

/** Arrays in base64 of their little-endian bytes: exact, and shorter than digits. The response is read again. */
type Encoded = Omit<Completion, 'promptTokens' | 'tokens' | 'logprobs' | 'response'> & {
  readonly promptTokens: string;
  readonly tokens: string;
  readonly logprobs: string;
  /** The prompt opened the thought. */
  readonly opened: boolean;
};

interface Line {
  /** Which of the waiting rollouts. */
  readonly index: number;
  readonly attempts: number;
  readonly kept: boolean;
  readonly scored: Omit<Scored, 'completion'> & { readonly completion: Encoded };
}

function toLine(scored: Scored, kept: boolean, index: number, attempts: number): string {
  const line: Line = { index, attempts, kept, scored: { ...scored, completion: encode(scored.completion) } };
  return `${JSON.stringify(line)}\n`;
}

function encode({ response, ...completion }: Completion): Encoded {
  return {
    ...completion,
    opened: response.opened,
    promptTokens: toBase64(completion.promptTokens),
    tokens: toBase64(completion.tokens),
    logprobs: toBase64(completion.logprobs),
  };
}

function decode({ opened, ...encoded }: Encoded): Completion {
  return {
    ...encoded,
    response: readResponse(encoded.text, { opened }),
    promptTokens: new Int32Array(fromBase64(encoded.promptTokens)),
    tokens: new Int32Array(fromBase64(encoded.tokens)),
    logprobs: new Float32Array(fromBase64(encoded.logprobs)),
  };
}

function toBase64({ buffer, byteOffset, byteLength }: Int32Array | Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

/** A copy: the bytes of a small Buffer lie somewhere in a shared pool. */
function fromBase64(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, 'base64')).buffer;
}
