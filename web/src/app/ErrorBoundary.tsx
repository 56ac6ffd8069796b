import { QueryErrorResetBoundary } from "@tanstack/react-query";
import { Component, type ComponentType, type ReactNode } from "react";

type Fallback = ComponentType<{ error: unknown; retry: () => void }>;

interface BoundaryProps {
  /** Identifies what the children show; a change clears an earlier failure. */
  of: string;
  fallback: Fallback;
  children: ReactNode;
}

/** Shows `fallback` instead of children that crashed; `retry` renders them again. */
export function ErrorBoundary({ of, fallback, children }: BoundaryProps) {
  return (
    <QueryErrorResetBoundary>
      {({ reset }) => (
        <Boundary of={of} fallback={fallback} reset={reset}>
          {children}
        </Boundary>
      )}
    </QueryErrorResetBoundary>
  );
}

interface Props extends BoundaryProps {
  reset: () => void;
}

interface State {
  of: string;
  failed?: { error: unknown } | undefined;
}

class Boundary extends Component<Props, State> {
  override state: State = { of: this.props.of };

  static getDerivedStateFromProps({ of }: Props, state: State): State | null {
    return of === state.of ? null : { of, failed: undefined };
  }

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
