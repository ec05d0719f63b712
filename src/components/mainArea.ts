/** Tabs of the main area that hold one widget of ours; below the notebook where it has no tabs. */
import { JupyterFrontEnd, LabShell } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { DocumentRegistry } from '@jupyterlab/docregistry';
import { LabIcon } from '@jupyterlab/ui-components';
import { SplitPanel, TabPanel, Widget } from '@lumino/widgets';

/** Pixels below which the area below the notebook shows nothing but its tabs. */
const FOLDED = 120;

/** A tab that can be closed, with an icon; the label may be the content's own business. */
export function mainArea<T extends Widget>(
  content: T,
  id: string,
  icon: LabIcon,
  label: string = ''
): MainAreaWidget<T> {
  const widget = new MainAreaWidget<T>({ content });
  // It stays empty: what can be done stands in the content.
  widget.toolbar.hide();
  widget.id = id;
  widget.title.icon = icon;
  widget.title.closable = true;
  if (label) {
    widget.title.label = label;
  }
  return widget;
}

/** Show a tab. Notebook 7 shows one document alone: there it comes into the area below it. */
export function addTab(
  shell: JupyterFrontEnd.IShell,
  widget: MainAreaWidget,
  options?: DocumentRegistry.IOpenOptions
): void {
  if (shell instanceof LabShell) {
    shell.add(widget, 'main', options);
  } else {
    widget.title.className = 'jp-kfp-DownTab';
    shell.add(widget, 'down');
    unfold(widget);
  }
  shell.activateById(widget.id);
}

/** Bring a tab of the lower area to the front, and give the area room where it has none. */
function unfold(widget: Widget): void {
  const tabs = widget.parent?.parent;
  if (!(tabs instanceof TabPanel)) {
    return;
  }
  tabs.currentWidget = widget;
  if (tabs.parent instanceof SplitPanel && tabs.node.offsetHeight < FOLDED) {
    tabs.parent.setRelativeSizes([3, 2]);
  }
}

/** What was opened below the notebook last, whatever it shows. */
let latest: MainAreaWidget | null = null;

/** Show a tab below the notebook, beside others there: the first one divides the area. */
export function addBelow<T extends MainAreaWidget>(
  shell: JupyterFrontEnd.IShell,
  tracker: WidgetTracker<T>,
  widget: T
): void {
  const neighbour = latest;
  latest = widget;
  addTab(
    shell,
    widget,
    neighbour?.isAttached
      ? { ref: neighbour.id, mode: 'tab-after' }
      : { mode: 'split-bottom' }
  );
  void tracker.add(widget);
}
