// Mishap.tsx - a part of the screen that breaks takes no other part with it: it says so where it stands, and can be tried
// again. Going to another page begins anew.
import { Failure } from "@tael/shared";
import { Component, type ReactNode } from "react";

export class Mishap extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    if (this.state.error === null) return this.props.children;
    return <Failure error={this.state.error} retry={() => this.setState({ error: null })} />;
  }
}
