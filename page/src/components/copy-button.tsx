/** @file A button that copies a text and says so. */
import { useEffect, useState } from 'preact/hooks';
import { copyText } from '../clipboard.ts';

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [word, setWord] = useState('Copy');
  useEffect(() => {
    if (word === 'Copy') return;
    const timer = setTimeout(() => setWord('Copy'), 1500);
    return () => clearTimeout(timer);
  }, [word]);
  const copy = () => void copyText(text).then((copied) => setWord(copied ? 'Copied' : 'Not copied'));
  return (
    <button type="button" class="quiet" aria-label={label} onClick={copy}>
      {word}
    </button>
  );
}
