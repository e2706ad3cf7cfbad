/** @file Options of the commands that load checkpoints into processes of their own, each to stand where its command wants. */
import { Option } from 'commander';
import { PROMPT_TEMPLATES } from '../../text/index.ts';
import { numberOption } from '../cli/numbers.ts';

const count = numberOption({ integer: true, min: 1 });

export function dtypeOption(): Option {
  return new Option('--dtype <dtype>', 'precision of the weights; auto is bfloat16 on a GPU')
    .choices(['auto', 'float32', 'bfloat16'])
    .default('auto');
}

export function threadsOption(): Option {
  const text = 'CPU threads of each model (default: libtorch’s choice)';
  return new Option('--threads <n>', text).argParser(count);
}

export function contextOption(): Option {
  const text = 'longest prompt and reply together (default: the model’s)';
  return new Option('--context <n>', text).argParser(count);
}

export function promptTemplateOption(): Option {
  const text = 'how messages are put (default: the model’s own)';
  return new Option('--prompt-template <name>', text).choices(PROMPT_TEMPLATES);
}
