/** @file Keys with a meaning of their own. */

/** Enter sends; with Shift it breaks the line, and while an input method composes it chooses what is offered. */
export function submitsText(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}
