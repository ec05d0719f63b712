/** How many runs are under way, in the status bar; and, where wanted, word of a long run's end. */
import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ReactWidget } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';

import { Signal } from '@lumino/signaling';
import * as React from 'react';

import { CommandIDs } from '../commandIds';
import { RunCount } from '../components/RunCount';
import { DOMAIN, TranslationContext } from '../components/translation';
import { progressWords } from '../format';
import { isEnded, nameOf, seconds } from '../model';
import { IKfpRuns, IRun } from '../tokens';
import { SETTINGS_ID } from './tokens';

/** A run that took longer is long, in seconds: nobody sat and waited for it. */
const LONG = 30;

export const statusBarPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-kfp-ext:status-bar',
  description: 'Says how many pipeline runs are under way.',
  autoStart: true,
  requires: [IKfpRuns],
  optional: [IStatusBar, ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    runs: IKfpRuns,
    statusBar: IStatusBar | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const active = new Set<string>();
    const counted = new Signal<object, void>({});
    const item = ReactWidget.create(
      React.createElement(
        TranslationContext.Provider,
        { value: trans },
        React.createElement(RunCount, {
          changed: counted,
          count: () => active.size,
          onClick: () => void app.commands.execute(CommandIDs.openPanel)
        })
      )
    );
    let wanted = false;
    registry
      ?.load(SETTINGS_ID)
      .then(settings => {
        const read = () => {
          wanted = settings.composite['desktopNotifications'] === true;
          if (wanted) {
            askPermission();
          }
        };
        settings.changed.connect(read);
        read();
      })
      .catch(reason =>
        console.error('The settings of jupyter-kfp-ext are missing.', reason)
      );
    runs.changed.connect((_, run) => {
      if (!isEnded(run.state)) {
        active.add(run.id);
      } else if (active.delete(run.id) && wanted) {
        tellEnd(run, trans);
      }
      counted.emit();
    });
    statusBar?.registerStatusItem('jupyter-kfp-ext:runs', {
      item,
      align: 'left',
      rank: 20,
      isActive: () => active.size > 0,
      activeStateChanged: counted
    });
  }
};

function askPermission(): void {
  if ('Notification' in window && Notification.permission === 'default') {
    void Notification.requestPermission();
  }
}

/** Tell the desktop of the end of a long run that nobody looks at. */
function tellEnd(run: IRun, trans: TranslationBundle): void {
  if (
    !('Notification' in window) ||
    Notification.permission !== 'granted' ||
    (seconds(run) ?? 0) < LONG ||
    document.hasFocus()
  ) {
    return;
  }
  const told = new Notification(nameOf(run), {
    body: progressWords(run, trans),
    tag: run.id
  });
  told.onclick = () => window.focus();
}
