/** @file Options of the commands that load checkpoints into processes of their own, each added where its command lists it. */
import { Option } from 'commander';
import { PROMPT_TEMPLATES } from '../../text/index.ts';
import { numberOption } from '../cli/numbers.ts';

const count = numberOption({ integer: true, min: 1 });

export function dtypeOption(): Option {
  return new Option(
    '--dtype <dtype>',
    'precision of the weights; auto is bfloat16 on a GPU, float32 on the CPU',
  )
    .choices(['auto', 'float32', 'bfloat16'])
    .default('auto');
}

export function threadsOption(): Option {
  const text = 'CPU threads of each model (default: libtorch’s choice)';
  return new Option('--threads <n>', text).argParser(count);
}

export function contextOption(): Option {
  const text = 'maximum length of prompt and reply together, in tokens (default: the model’s)';
  return new Option('--context <n>', text).argParser(count);
}

export function promptTemplateOption(): Option {
  const text = 'template that makes a prompt of the messages (default: the model’s own)';
  return new Option('--prompt-template <name>', text).choices(PROMPT_TEMPLATES);
}

const own = (otherwise: string): string => `(default: the checkpoint’s, else ${otherwise})`;

export function temperatureOption(): Option {
  const read = numberOption({ min: 0, max: 2 });
  return new Option('--temperature <t>', `0 takes the most probable token ${own('0.6')}`).argParser(read);
}

export function topPOption(): Option {
  const text = `sample from the most probable tokens that make up p ${own('0.95')}`;
  return new Option('--top-p <p>', text).argParser(numberOption({ above: 0, max: 1 }));
}

export function topKOption(): Option {
  const text = `sample from the k most probable tokens; 0 keeps all ${own('0')}`;
  return new Option('--top-k <k>', text).argParser(numberOption({ integer: true, min: 0 }));
}
