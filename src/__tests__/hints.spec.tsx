import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { Signal } from '@lumino/signaling';
import { act, fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { HintCard, HintsContext } from '../panel/HintCard';
import { HINT_PLACES, Hints } from '../panel/hints';

/** The settings as far as hints read and write them. */
class FakeSettings {
  composite: Record<string, unknown>;
  readonly changed = new Signal<this, void>(this);

  constructor(hints: boolean) {
    this.composite = { hints };
  }

  async set(name: string, value: unknown): Promise<void> {
    this.composite = { [name]: value };
    this.changed.emit();
  }
}

function draw(wanted: boolean): { hints: Hints; settings: FakeSettings } {
  const settings = new FakeSettings(wanted);
  const hints = new Hints(settings as unknown as ISettingRegistry.ISettings);
  render(
    <HintsContext.Provider value={hints}>
      {HINT_PLACES.map(place => (
        <HintCard key={place} place={place} />
      ))}
    </HintsContext.Provider>
  );
  return { hints, settings };
}

describe('the first hints', () => {
  it('come one after the other, take the focus, and then never again', () => {
    const { settings } = draw(true);
    screen.getByRole('note', { name: 'Hint 1 of 3' });
    expect(document.activeElement).toBe(document.body);
    fireEvent.click(screen.getByRole('button', { name: 'Next hint' }));
    screen.getByRole('note', { name: 'Hint 2 of 3' });
    const next = screen.getByRole('button', { name: 'Next hint' });
    expect(document.activeElement).toBe(next);
    fireEvent.click(next);
    fireEvent.click(screen.getByRole('button', { name: 'Done' }));
    expect(screen.queryByRole('note')).toBe(null);
    expect(settings.composite).toEqual({ hints: false });
  });

  it('can be declined at once, and asked for again', () => {
    const { hints, settings } = draw(true);
    fireEvent.click(screen.getByRole('button', { name: 'No hints' }));
    expect(screen.queryByRole('note')).toBe(null);
    expect(settings.composite).toEqual({ hints: false });
    act(() => void hints.restart());
    screen.getByRole('note', { name: 'Hint 1 of 3' });
  });

  it('do not come where the settings say so', () => {
    draw(false);
    expect(screen.queryByRole('note')).toBe(null);
  });
});
