import { Component, type ReactNode } from 'react';

interface State {
  readonly error: Error | undefined;
}

/** A page that fails is told in its place; frame and keys go on. */
export class PageError extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <main className="page" id="page">
        <h1>This page cannot be drawn</h1>
        <p className="failure" role="alert">
          {error.message}
        </p>
        <p className="empty">
          The data is safe; only its picture failed. Reload the page, or go to another one with the tabs
          above.
        </p>
        {error.stack !== undefined && <pre className="hint">{error.stack}</pre>}
      </main>
    );
  }
}
