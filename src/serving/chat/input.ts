/** @file Input line of a conversation: a message, or a command. */

/** The commands, with what follows them and what they do, in the order of the help. */
export const COMMANDS = [
  { name: 'help', argument: '', does: 'this list' },
  { name: 'again', argument: '', does: 'another reply to the last message, with another seed' },
  { name: 'new', argument: '', does: 'begin a new conversation' },
  { name: 'set', argument: '<name> <value>', does: 'change a setting; /set alone lists them' },
  { name: 'fold', argument: '', does: 'hide the thinking, or show it' },
  { name: 'last', argument: '', does: 'show the thinking of the last reply' },
  { name: 'save', argument: '<file>', does: 'write the conversation as JSON' },
  { name: 'quit', argument: '', does: 'end; so does Ctrl-D, or Ctrl-C twice' },
] as const;

export type CommandName = (typeof COMMANDS)[number]['name'];

export type Typed =
  | { readonly type: 'nothing' }
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'command'; readonly name: CommandName; readonly argument: string }
  /** Looks like a command and is none. */
  | { readonly type: 'problem'; readonly message: string };

/** Reads what was typed. A message may begin with a slash where a space stands before it. */
export function readTyped(text: string): Typed {
  if (text.trim() === '') return { type: 'nothing' };
  if (!text.startsWith('/') || text.includes('\n')) return { type: 'message', text: text.trim() };
  const [, word = '', argument = ''] = /^\/(\S*)\s*(.*?)\s*$/.exec(text) ?? [];
  const command = COMMANDS.find(({ name }) => name === word);
  if (command === undefined) {
    return {
      type: 'problem',
      message: `No command /${word}: /help lists them. Put a space before the slash to send it as a message.`,
    };
  }
  if (argument !== '' && command.argument === '') {
    return { type: 'problem', message: `/${command.name} takes nothing behind it.` };
  }
  return { type: 'command', name: command.name, argument };
}

/** A line without the backslash that says that the message goes on; null where it does not. Two backslashes are text. */
export function continued(line: string): string | null {
  const backslashes = /\\*$/.exec(line)![0].length;
  return backslashes % 2 === 1 ? line.slice(0, -1) : null;
}

/** The list that `/help` shows. */
export function helpText(): string {
  const rows = COMMANDS.map(({ name, argument, does }) => [`/${name} ${argument}`.trim(), does] as const);
  const width = Math.max(...rows.map(([typed]) => typed.length));
  return [
    ...rows.map(([typed, does]) => `${typed.padEnd(width)}  ${does}`),
    'A backslash at the end of a line goes on to the next. Ctrl-C stops a reply.',
  ].join('\n');
}
