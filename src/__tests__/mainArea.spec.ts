import { JupyterFrontEnd, LabShell } from '@jupyterlab/application';

import { SplitPanel, TabPanel, Widget } from '@lumino/widgets';

import { addTab, mainArea } from '../components/mainArea';
import { pipelineIcon } from '../icons';

describe('a tab', () => {
  it('comes below the notebook, in front and with room, where one document is shown alone', () => {
    const split = new SplitPanel({ orientation: 'vertical' });
    const down = new TabPanel();
    split.addWidget(new Widget());
    split.addWidget(down);
    down.addWidget(new Widget());
    split.setRelativeSizes([1, 0]);
    const areas: (string | undefined)[] = [];
    const shell = {
      add: (widget: Widget, area?: string) => {
        areas.push(area);
        down.addWidget(widget);
      },
      activateById: jest.fn()
    } as unknown as JupyterFrontEnd.IShell;

    const widget = mainArea(new Widget(), 'runs', pipelineIcon, 'Runs');
    addTab(shell, widget, { mode: 'split-right' });
    expect(widget.toolbar.isHidden).toBe(true);
    expect(areas).toEqual(['down']);
    expect(down.currentWidget).toBe(widget);
    expect(split.relativeSizes()[1]).toBeCloseTo(0.4);
    expect(shell.activateById).toHaveBeenCalledWith('runs');
  });

  it('comes into the main area of JupyterLab', () => {
    const shell = new LabShell();
    const add = jest.spyOn(shell, 'add');
    const widget = mainArea(new Widget(), 'runs', pipelineIcon, 'Runs');
    addTab(shell, widget, { mode: 'split-right' });
    expect(add).toHaveBeenCalledWith(widget, 'main', { mode: 'split-right' });
  });
});
