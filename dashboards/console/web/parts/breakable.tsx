import { Fragment, type ReactNode } from 'react';

/** A name of parts, which may be broken between them: `http.response.status_code` reads badly as `statu-s_code`. */
export function Breakable({ text }: { readonly text: string }): ReactNode {
  return text.split(/(?<=[./_:])(?=\w)/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
