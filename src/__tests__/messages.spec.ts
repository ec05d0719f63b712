import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';

import { ServerError } from '../client';
import { tellRefusal } from '../plugins/messages';
import { problem } from './fakes';

const trans = nullTranslator.load('');
const actions = { show: jest.fn(), showError: jest.fn(), openLog: jest.fn() };

function offered(codes: string[], anyway?: () => void): string[] {
  const problems = codes.map(code => problem({ code }));
  const error = new ServerError('refused', 422, problems);
  tellRefusal('a.ipynb', error, actions, trans, anyway);
  const [last] = [...Notification.manager.notifications];
  return (last.options.actions ?? []).map(each => each.label);
}

describe('a run that is refused', () => {
  it('may be run anyway where only the machine is too small', () => {
    const anyway = jest.fn();
    expect(offered(['resources-missing'], anyway)).toEqual([
      'Show',
      'Run anyway'
    ]);
    const [last] = [...Notification.manager.notifications];
    last.options.actions?.[1].callback(new MouseEvent('click'));
    expect(anyway).toHaveBeenCalledTimes(1);
  });

  it('may not where something else is wrong as well', () => {
    const anyway = jest.fn();
    expect(offered(['resources-missing', 'cycle'], anyway)).toEqual(['Show']);
    expect(offered([], anyway)).toEqual(['Show']);
    expect(offered(['resources-missing'])).toEqual(['Show']);
  });
});
