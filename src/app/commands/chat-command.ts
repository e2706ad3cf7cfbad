/** @file The options of `aha chat`; the work is in chat.ts. */
import type { Command } from 'commander';
import type { Io } from '../cli/io.ts';
import { numberOption } from '../cli/numbers.ts';
import type { ChatOptions } from './chat.ts';
import { addDeprecatedDtype, addDeprecatedPromptTemplate, servedModelOptions } from './checkpoint-options.ts';

/** Adds `aha chat`. */
export function addChat(program: Command, io: Io): void {
  const count = numberOption({ integer: true, min: 1 });
  const whole = numberOption({ integer: true, min: 0 });
  const command = program
    .command('chat')
    .description('talk with a checkpoint, or with several side by side, in the terminal')
    .argument(
      '<checkpoints...>',
      'directories of checkpoints, or names on the hub (hf:owner/name), each as <dir> or <name>=<dir>',
    )
    .option(
      '--max-tokens <n>',
      'maximum length of a reply in tokens, thinking included (default: what the context leaves)',
      count,
    )
    .option('--thinking-budget <n>', 'close a thought after n tokens and let the model answer', whole)
    .option('--system <text>', 'the system message')
    .option('--seed <n>', 'the same seed gives the same replies (default: random)', whole)
    .option('--no-thinking', 'close each thought before it begins')
    .option('--fold', 'hide the thinking')
    .option('--no-color', 'disable colours')
    .option('--json', 'read one message from stdin; print each reply as a line of JSON')
    .action(async (checkpoints: string[], options: ChatOptions) => {
      const { chat } = await import('./chat.ts');
      await chat(checkpoints, options, io);
    });
  for (const option of servedModelOptions()) command.addOption(option);
  addDeprecatedDtype(command, io);
  addDeprecatedPromptTemplate(command, io);
}
