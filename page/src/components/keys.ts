/** @file Keys with a meaning of their own. */

/** Whether the page is used with a finger: the keyboard is on the screen then, and has no Shift+Enter. */
export function byTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}

/**
 * Enter sends; with Shift, or on a touch screen, it breaks the line. With Ctrl or Command it sends everywhere. While an
 * input method composes it chooses what is offered.
 */
export function submitsText(event: KeyboardEvent): boolean {
  if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229) return false;
  if (event.ctrlKey || event.metaKey) return true;
  return !event.shiftKey && !byTouch();
}
