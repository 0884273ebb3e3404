import type { ReactNode } from 'react';
import './table.css';

interface TableProps {
  /** What it shows; read out, and seen with `showCaption`. */
  readonly caption: string;
  readonly head: readonly ReactNode[];
  readonly rows: readonly { readonly id: string; readonly cells: readonly ReactNode[] }[];
  /** The places of columns of numbers, which end at the right. */
  readonly numbers?: readonly number[];
}

/** A native table for some dozens of rows; it scrolls sideways by itself. Long lists are `DataList`. */
export function Table({ caption, head, rows, numbers = [] }: TableProps) {
  const side = (place: number): string => (numbers.includes(place) ? 'end number' : '');
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={caption}>
      <table className="table">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {head.map((title, place) => (
              <th key={place} scope="col" className={side(place)}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, cells }) => (
            <tr key={id}>
              {cells.map((cell, place) => (
                <td key={place} className={side(place)}>
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
