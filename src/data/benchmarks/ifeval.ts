/**
 * @file IFEval (2311.07911): prompts with instructions that a program can verify, asked as they are.
 *
 * `kwargs` holds one object for each instruction; in Parquet every object has all arguments, null where not meant.
 */
import { UserError } from '../../errors.ts';
import { type Instruction, requireInstruction } from '../../grading/verify/instructions/index.ts';
import type { Json } from '../../records.ts';
import type { Row } from '../files/row.ts';
import type { Benchmark } from './benchmark.ts';
import { json, label, text, texts, wrong } from './columns.ts';

function given(value: Json | undefined, row: Row): Instruction['arguments'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(row, ['kwargs'], 'a list with one object for each instruction');
  }
  return Object.fromEntries(Object.entries(value).filter(([, argument]) => argument !== null));
}

function instructionsOf(row: Row): Instruction[] {
  const ids = texts(row, ['instruction_id_list']);
  const all = json(row, ['kwargs']);
  if (!Array.isArray(all) || all.length !== ids.length || ids.length === 0) {
    throw wrong(row, ['kwargs'], `a list with one object for each of the ${ids.length} instructions`);
  }
  return ids.map((id, i) => {
    const instruction = { id, arguments: given((all as readonly Json[])[i], row) };
    try {
      requireInstruction(instruction);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new UserError(
        `${row.place}: ${cause.message}`,
        'Correct the instruction, or leave the row out.',
        {
          cause,
        },
      );
    }
    return instruction;
  });
}

export const ifeval: Benchmark = {
  name: 'ifeval',
  title: 'IF-Eval',
  verifier: 'instructions',
  samples: null,
  expects: {
    file: 'data/ifeval/input_data.jsonl',
    columns: ['prompt', 'instruction_id_list', 'kwargs'],
    source: 'google/IFEval on the Hugging Face hub',
    hub: 'hf:google/IFEval/train',
  },
  read(row) {
    const id = label(row, ['key']);
    const instructions = instructionsOf(row).map(({ id: name, arguments: named }) => ({
      id: name,
      arguments: named,
    }));
    return {
      ...(id !== undefined && { id }),
      question: text(row, ['prompt']),
      answer: null,
      meta: { instructions },
    };
  },
  word: ({ question }) => question,
};
