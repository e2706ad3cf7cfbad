/** @file The file of completions that were sampled ahead of their step, beside a run's state: exact, one a line. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../errors.ts';
import type { Completion, ExpertChoices } from '../../records.ts';
import { writeFileAtomic } from '../../run/atomic.ts';
import { readResponse } from '../../text/index.ts';

/** Writes `ahead-<step>.jsonl` where anything waits; returns its name, or null. */
export async function saveAhead(
  dir: string,
  step: number,
  waiting: readonly (readonly Completion[])[],
): Promise<string | null> {
  if (waiting.length === 0) return null;
  const name = `ahead-${step}.jsonl`;
  const lines = waiting.flatMap((completions, index) =>
    completions.map((completion) => `${JSON.stringify({ index, completion: encode(completion) })}\n`),
  );
  await writeFileAtomic(path.join(dir, name), lines.join(''));
  return name;
}

/**
 * The completions saveAhead wrote, bit for bit.
 * @throws UserError where the file is missing or damaged
 */
export function loadAhead(dir: string, name: string): Completion[][] {
  const waiting: Completion[][] = [];
  for (const { index, completion } of readLines(path.join(dir, name))) {
    waiting[index] ??= [];
    waiting[index].push(decode(completion));
  }
  return waiting;
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

/** Arrays in base64 of their little-endian bytes: exact, and shorter than digits. The response is read again. */
type Encoded = Omit<Completion, 'promptTokens' | 'tokens' | 'logprobs' | 'experts' | 'response'> & {
  readonly promptTokens: string;
  readonly tokens: string;
  readonly logprobs: string;
  readonly experts?: Omit<ExpertChoices, 'experts'> & {
    readonly experts: string;
    /** Of an expert's number. */
    readonly bytes: number;
  };
  /** The prompt opened the thought. */
  readonly opened: boolean;
};

interface Line {
  /** Which of the waiting steps. */
  readonly index: number;
  readonly completion: Encoded;
}

function encode({ response, experts, ...completion }: Completion): Encoded {
  return {
    ...completion,
    ...(experts && {
      experts: {
        ...experts,
        experts: toBase64(experts.experts),
        bytes: experts.experts.BYTES_PER_ELEMENT,
      },
    }),
    opened: response.opened,
    promptTokens: toBase64(completion.promptTokens),
    tokens: toBase64(completion.tokens),
    logprobs: toBase64(completion.logprobs),
  };
}

function decode({ opened, experts, ...encoded }: Encoded): Completion {
  return {
    ...encoded,
    ...(experts && { experts: decodeExperts(experts) }),
    response: readResponse(encoded.text, { opened }),
    promptTokens: new Int32Array(fromBase64(encoded.promptTokens)),
    tokens: new Int32Array(fromBase64(encoded.tokens)),
    logprobs: new Float32Array(fromBase64(encoded.logprobs)),
  };
}

function decodeExperts({ bytes, experts, ...choices }: NonNullable<Encoded['experts']>): ExpertChoices {
  const data = fromBase64(experts);
  return { ...choices, experts: bytes === 1 ? new Uint8Array(data) : new Uint16Array(data) };
}

function toBase64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

/** A copy: the bytes of a small Buffer lie somewhere in a shared pool. */
function fromBase64(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, 'base64')).buffer;
}
