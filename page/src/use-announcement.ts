/** @file Announcements for screen readers: that a reply began, thinks, answers, ended. Never its words as they come. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Conversation } from './conversation.ts';
import { type Phase, type Reply, totalTokens } from './reply.ts';

export function useAnnouncement({ turns }: Conversation): string {
  const [text, setText] = useState('');
  const before = useRef<ReadonlyMap<string, Phase> | null>(null);
  useEffect(() => {
    const last = turns.at(-1);
    const replies = Object.entries(last?.replies ?? {});
    const now = new Map(replies.map(([model, { phase }]) => [`${last!.id} ${model}`, phase]));
    const known = before.current;
    before.current = now;
    if (known === null) return;
    const news = replies.filter(([model, { phase }]) => known.get(`${last!.id} ${model}`) !== phase);
    if (news.length > 0) setText(news.map(([model, reply]) => sentence(model, reply)).join(' '));
  }, [turns]);
  return text;
}

function sentence(model: string, reply: Reply): string {
  switch (reply.phase) {
    case 'waiting':
      return `${model} was asked.`;
    case 'thinking':
      return `${model} is thinking.`;
    case 'answering':
      return `${model} is answering.`;
    case 'done':
      return `${model} has answered, ${totalTokens(reply)} tokens.`;
    case 'stopped':
      return `${model} was stopped.`;
    case 'failed':
      return `${model} failed: ${reply.error?.message ?? ''}`;
  }
}
