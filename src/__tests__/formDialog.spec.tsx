/** A dialog around a form takes nothing before it is ready. */
import { Dialog } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import * as React from 'react';

import { askByForm } from '../dialog/FormDialog';

const trans = nullTranslator.load('');
/** The test's browser does not open dialogs by itself. */
const HIDDEN = { hidden: true };

test('the button waits until what is typed can be taken, and so does Enter', async () => {
  const answer = askByForm(
    'Name it',
    '',
    (value, onValue) => (
      <input
        defaultValue={value}
        onChange={event => onValue(event.target.value)}
      />
    ),
    [Dialog.okButton({ label: 'Take' })],
    'input',
    trans,
    value => value !== ''
  );
  const field = await screen.findByRole('textbox', HIDDEN);
  const take = screen.getByRole<HTMLButtonElement>('button', {
    name: 'Take',
    ...HIDDEN
  });
  expect(take.disabled).toBe(true);
  fireEvent.keyDown(field, { key: 'Enter', keyCode: 13 });
  screen.getByRole('textbox', HIDDEN);
  fireEvent.change(field, { target: { value: 'ada' } });
  await waitFor(() => expect(take.disabled).toBe(false));
  fireEvent.click(take);
  expect((await answer)?.value).toBe('ada');
});
