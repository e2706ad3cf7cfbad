/** @file Keeps the end of what grows in a scrolled box in view, until the reader scrolls away from it. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Pixels from the end that count as at the end. */
const NEAR = 40;

/** @param follow - whether to begin at the end; otherwise the reader gets there by scrolling */
export function useFollowing<Box extends HTMLElement>(follow: boolean) {
  const box = useRef<Box>(null);
  const content = useRef<HTMLDivElement>(null);
  const atEnd = useRef(follow);
  const [away, setAway] = useState(false);
  const toEnd = () => {
    atEnd.current = true;
    box.current!.scrollTop = box.current!.scrollHeight;
  };
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => {
      if (atEnd.current) toEnd();
    });
    observer.observe(content.current!);
    return () => observer.disconnect();
  }, []);
  const scrolled = () => {
    const { clientHeight, scrollHeight, scrollTop } = box.current!;
    atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR;
    setAway(!atEnd.current);
  };
  return { box, content, away, scrolled, toEnd };
}
