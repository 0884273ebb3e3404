import type { ReactNode } from 'react';
import './table.css';

interface TableProps {
  /** What it shows; read out, and seen with `showCaption`. */
  readonly caption: string;
  readonly head: readonly ReactNode[];
  readonly rows: readonly { readonly id: string; readonly cells: readonly ReactNode[] }[];
  /** The places of columns of numbers, which end at the right. */
  readonly numbers?: readonly number[];
  /** On a phone each row is a block of named lines, instead of a part of it lying outside. Its titles are words then. */
  readonly stacks?: boolean;
}

/** A native table for some dozens of rows; it scrolls sideways by itself. Long lists are `DataList`. */
export function Table({ caption, head, rows, numbers = [], stacks = false }: TableProps) {
  const side = (place: number): string => (numbers.includes(place) ? 'end number' : '');
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={caption}>
      {/* The roles are named: a row that is drawn as a block is still one. */}
      <table role="table" className={stacks ? 'table stacks' : 'table'}>
        <caption className="visually-hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {head.map((title, place) => (
              <th key={place} role="columnheader" scope="col" className={side(place)}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map(({ id, cells }) => (
            <tr key={id} role="row">
              {cells.map((cell, place) => (
                <td key={place} role="cell" className={side(place)} data-title={stacks ? head[place] : undefined}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
