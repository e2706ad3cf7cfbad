/** @file The errors of parsing and rendering a template. */

/** The template is no Jinja2, or uses a construct that this project does not render. */
export class TemplateSyntaxError extends Error {
  override readonly name = 'TemplateSyntaxError';
  readonly line: number;

  /** @param line - line of the template, from 1 */
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** Rendering failed, as it fails in Jinja2; or the template asks for what this project does not render. */
export class TemplateError extends Error {
  override readonly name: string = 'TemplateError';
  /** Line of the template, from 1; the interpreter adds it. */
  line: number | undefined;
}

/** The template refused the conversation with `raise_exception`. */
export class TemplateRefusal extends TemplateError {
  override readonly name = 'TemplateRefusal';
}

/** A template went over its bounds. */
export class TemplateLimitError extends Error {
  override readonly name = 'TemplateLimitError';
}

/** The error for a construct of Jinja2 or Python that is not rendered here. */
export function unsupported(construct: string): TemplateError {
  return new TemplateError(`${construct} is not supported in chat templates`);
}
