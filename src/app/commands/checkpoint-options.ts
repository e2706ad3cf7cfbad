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

const OTHERWISE = '(default: the checkpoint’s, else what DeepSeek recommends for R1)';

export function temperatureOption(): Option {
  const read = numberOption({ min: 0, max: 2 });
  return new Option('--temperature <t>', `0 takes the most probable token ${OTHERWISE}`).argParser(read);
}

export function topPOption(): Option {
  const text = `sample from the most probable tokens that make up p ${OTHERWISE}`;
  return new Option('--top-p <p>', text).argParser(numberOption({ above: 0, max: 1 }));
}

export function topKOption(): Option {
  const text = `sample from the k most probable tokens; 0 keeps all ${OTHERWISE}`;
  return new Option('--top-k <k>', text).argParser(numberOption({ integer: true, min: 0 }));
}
