/** What jsdom lacks and JupyterLab's components expect of a browser. */
globalThis.structuredClone ??= value =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};

// Nothing is laid out here, so each observed element counts as being in view.
globalThis.IntersectionObserver = class {
  constructor(callback) {
    this.callback = callback;
  }
  observe(target) {
    this.callback([{ target, isIntersecting: true }]);
  }
  unobserve() {}
  disconnect() {}
};
