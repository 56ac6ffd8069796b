import { QueryErrorResetBoundary } from "@tanstack/react-query";
import { Component, type ComponentType, type ReactNode } from "react";

type Fallback = ComponentType<{ error: unknown; retry: () => void }>;

/** Shows `fallback` in the place of children that failed; `retry` shows them again. */
export function ErrorBoundary({ fallback, children }: { fallback: Fallback; children: ReactNode }) {
  return (
    <QueryErrorResetBoundary>
      {({ reset }) => (
        <Boundary fallback={fallback} reset={reset}>
          {children}
        </Boundary>
      )}
    </QueryErrorResetBoundary>
  );
}

interface Props {
  fallback: Fallback;
  reset: () => void;
  children: ReactNode;
}

class Boundary extends Component<Props, { failed?: { error: unknown } | undefined }> {
  override state: { failed?: { error: unknown } | undefined } = {};

  static getDerivedStateFromError(error: unknown) {
    return { failed: { error } };
  }

  private readonly retry = () => {
    this.props.reset();
    this.setState({ failed: undefined });
  };

  override render() {
    const Fallback = this.props.fallback;
    if (this.state.failed) {
      return <Fallback error={this.state.failed.error} retry={this.retry} />;
    }
    return this.props.children;
  }
}
