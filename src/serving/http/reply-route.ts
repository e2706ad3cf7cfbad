/** @file The way of one conversation: its request to the backend, the reply on the wire of its API. */

import type { ToolCallSyntax } from '../../text/index.ts';
import type { GenerationEvent, GenerationRequest } from '../backend.ts';
import { hasTools } from './chat-generation.ts';
import { callSyntaxes } from './choice-reader.ts';
import type { AppContext, AppOptions } from './context.ts';
import type { NamedModel } from './model-name.ts';
import { PatientReader } from './patient-reader.ts';
import type { StreamWire, WholeWire } from './reply-wire.ts';
import { streamReply, wholeReply } from './respond.ts';

/** What a body asks for. */
export interface Plan {
  readonly model: NamedModel;
  readonly request: GenerationRequest;
  readonly stream: boolean;
}

export interface Wires {
  stream(): StreamWire;
  whole(): WholeWire;
  /** Looks at an event before it is used; throws where the request is refused after all. */
  readonly check?: (event: GenerationEvent) => void;
  /** A reply whose model was lost is ended with a finish reason instead of an error. */
  readonly finishInterrupted?: boolean;
}

/** @throws what the backend refuses the request with */
export function sendReply(c: AppContext, options: AppOptions, plan: Plan, wires: Wires): Promise<Response> {
  const { backend, keepAliveMs } = options;
  const { exchange } = c.var;
  const { id } = plan.model.info;
  exchange.model = id;
  const reply = {
    exchange,
    events: new PatientReader(backend.generate(id, plan.request, exchange.signal), exchange.signal),
    keepAliveMs,
    finishInterrupted: wires.finishInterrupted ?? false,
    check: wires.check ?? (() => undefined),
  };
  return plan.stream ? streamReply(reply, wires.stream()) : wholeReply(reply, wires.whole());
}

/** The syntaxes in which calls are looked for in the reply; null: they are left in the answer. */
export function syntaxesOf({ model, request }: Plan): readonly ToolCallSyntax[] | null {
  return hasTools(request) ? callSyntaxes(model.info.toolSyntax) : null;
}
