/**
 * @file Verification of instructions in a reply: strictly as it stands, or loosely (IFEval, §2.2 of 2311.07911),
 * which also accepts the reply without its first line, its last line, and its Markdown asterisks.
 */
import { z } from 'zod';
import type { Json } from '../../../records.ts';
import { CHECKS } from './checks.ts';

/** One instruction: an id of `INSTRUCTION_IDS` and its arguments under their published names. */
export interface Instruction {
  readonly id: string;
  readonly arguments: { readonly [name: string]: Json };
}

/** Ids of the instructions that can be verified. */
export const INSTRUCTION_IDS: readonly string[] = Object.keys(CHECKS);

/** How a reply is judged. */
export type Strictness = 'strict' | 'loose';

/** Checks an instruction itself. Throws RangeError for an unknown id or arguments it does not take. */
export function requireInstruction(instruction: Instruction): void {
  givenOf(instruction);
}

function givenOf({ id, arguments: given }: Instruction): never {
  if (!Object.hasOwn(CHECKS, id)) {
    throw new RangeError(
      `no instruction is named ${JSON.stringify(id)}; there are ${INSTRUCTION_IDS.join(', ')}`,
    );
  }
  const parsed = CHECKS[id]!.schema.safeParse(given);
  if (!parsed.success) throw new RangeError(`${id}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  return parsed.data as never;
}

/**
 * Whether `reply` follows each instruction, in their order. An empty reply follows none.
 * Throws RangeError for an instruction that is none.
 */
export function followed(
  reply: string,
  instructions: readonly Instruction[],
  strictness: Strictness = 'strict',
): boolean[] {
  const readings = (strictness === 'loose' ? looseReadings(reply) : [reply]).filter(
    (reading) => reading.trim() !== '',
  );
  return instructions.map((instruction) => {
    const given = givenOf(instruction);
    return readings.some((reading) => CHECKS[instruction.id]!.follows(reading, given));
  });
}

function looseReadings(reply: string): string[] {
  const lines = reply.split('\n');
  const cuts = [lines, lines.slice(1), lines.slice(0, -1), lines.slice(1, -1)].map((kept) => kept.join('\n'));
  return [reply, ...cuts.map((cut) => cut.trim())].flatMap((reading) => [
    reading,
    reading.replaceAll('*', ''),
  ]);
}
