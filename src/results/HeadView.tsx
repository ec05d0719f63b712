/** Draws what a value or a file looks like. Nothing in it runs. */
import * as React from 'react';

import { useTrans } from '../components/translation';
import { Head } from '../tokens';

/** What an HTML preview may load: nothing but what it carries itself. */
const POLICY =
  '<meta http-equiv="Content-Security-Policy" ' +
  "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">";

export function HeadView(props: {
  head: Head;
  /** What it is of, for those who cannot see it. */
  name: string;
}): React.ReactElement {
  const trans = useTrans();
  const { head, name } = props;
  switch (head.kind) {
    case 'table':
      return <Table head={head} name={name} />;
    case 'image':
      return (
        <img
          className="jp-kfp-Head-image"
          src={`data:${head.mime};base64,${head.data}`}
          alt={trans.__('Picture: %1', name)}
        />
      );
    case 'json':
      return <Text text={JSON.stringify(head.value, null, 2)} complete />;
    case 'html':
      return (
        <iframe
          className="jp-kfp-Head-html"
          title={trans.__('Preview of %1', name)}
          // No scripts, no forms, an origin of its own.
          sandbox=""
          srcDoc={POLICY + head.html}
        />
      );
    case 'text':
      return <Text text={head.text} complete={head.complete} />;
  }
}

function Text(props: { text: string; complete: boolean }): React.ReactElement {
  const trans = useTrans();
  return (
    <>
      <pre className="jp-kfp-Head-text" tabIndex={0}>
        {props.text}
      </pre>
      {!props.complete && (
        <p className="jp-kfp-Hint">
          {trans.__('Only the beginning is shown.')}
        </p>
      )}
    </>
  );
}

function Table(props: {
  head: Extract<Head, { kind: 'table' }>;
  name: string;
}): React.ReactElement {
  const trans = useTrans();
  const { head, name } = props;
  const { names, types, index, cells } = head;
  return (
    <>
      <div
        className="jp-kfp-Head-table"
        // What is wider than the tab is scrolled by keys, too.
        tabIndex={0}
        role="region"
        aria-label={trans.__('Beginning of %1', name)}
      >
        <table>
          <thead>
            <tr>
              {index.length > 0 && <td />}
              {names.map((each, column) => (
                <th key={column} scope="col">
                  {each}
                  {types[column] && (
                    <span className="jp-kfp-Head-type">{types[column]}</span>
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {cells.map((row, number) => (
              <tr key={number}>
                {index.length > 0 && <th scope="row">{index[number]}</th>}
                {row.map((text, column) => (
                  <td key={column}>{text}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="jp-kfp-Hint">{shapeWords(head, trans)}</p>
    </>
  );
}

function shapeWords(
  head: Extract<Head, { kind: 'table' }>,
  trans: ReturnType<typeof useTrans>
): string {
  const { rows, columns, cells, names } = head;
  const size = [
    ...(rows === null ? [] : [trans._n('%1 row', '%1 rows', rows)]),
    trans._n('%1 column', '%1 columns', columns)
  ].join(', ');
  return rows === cells.length && columns === names.length
    ? size
    : trans.__('%1; the beginning is shown', size);
}
