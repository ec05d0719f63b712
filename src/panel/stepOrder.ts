/** Dragging a step onto an earlier one says that it runs after that one. */
import * as React from 'react';

import { IPipelineStep } from '../tokens';

/**
 * What a step waits for once it runs after another one too, as its option `after` says it.
 *
 * @returns null where that means nothing: a step can only wait for one that stands before it, and
 * it may do so already.
 */
export function afterToo(
  steps: readonly IPipelineStep[],
  step: string,
  before: string
): string[] | null {
  const names = steps.map(each => each.name);
  const place = names.indexOf(step);
  const waits = place < 0 ? [] : [steps[place].options.after ?? []].flat();
  return names.indexOf(before) < place && !waits.includes(before)
    ? [...(waits as string[]), before]
    : null;
}

/** What a row needs to be dragged and dropped on. */
export interface IRowDrag {
  /** Whether the dragged step may run after this one. */
  offered: boolean;
  /** Whether it would, if it were dropped now. */
  over: boolean;
  handlers: Pick<
    React.HTMLAttributes<HTMLElement>,
    'onDragStart' | 'onDragEnd' | 'onDragOver' | 'onDragLeave' | 'onDrop'
  >;
}

/** The rows of a list of steps that can be dragged onto each other. */
export function useStepDrag(
  steps: readonly IPipelineStep[],
  onDropped: (step: string, before: string) => void
): (name: string) => IRowDrag {
  const [dragged, setDragged] = React.useState<string | null>(null);
  const [over, setOver] = React.useState<string | null>(null);
  const end = () => {
    setDragged(null);
    setOver(null);
  };
  return name => {
    const offered = dragged !== null && afterToo(steps, dragged, name) !== null;
    return {
      offered,
      over: offered && over === name,
      handlers: {
        onDragStart: event => {
          event.dataTransfer.setData('text/plain', name);
          event.dataTransfer.effectAllowed = 'link';
          setDragged(name);
        },
        onDragEnd: end,
        onDragOver: event => {
          if (offered) {
            event.preventDefault();
            setOver(name);
          }
        },
        onDragLeave: event => {
          // It is told of the pieces of the row, too.
          if (!event.currentTarget.contains(event.relatedTarget as Node)) {
            setOver(null);
          }
        },
        onDrop: event => {
          if (dragged !== null && offered) {
            event.preventDefault();
            onDropped(dragged, name);
          }
          end();
        }
      }
    };
  };
}
