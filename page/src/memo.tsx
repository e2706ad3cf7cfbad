/** @file A component that renders only when one of its properties is another value. */
import { Component, type ComponentType, type VNode } from 'preact';

export function memo<P extends object>(Inner: ComponentType<P>): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const names = Object.keys({ ...this.props, ...next }) as (keyof P)[];
      return names.some((name) => this.props[name] !== next[name]);
    }

    override render(): VNode {
      return <Inner {...this.props} />;
    }
  };
}
