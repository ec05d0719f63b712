/** What jsdom lacks and JupyterLab's components expect of a browser. */
globalThis.structuredClone ??= value =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
