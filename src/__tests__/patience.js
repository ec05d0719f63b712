/** Waiting in tests ends with what is waited for: on a busy machine that may take a while. */
const { configure } = require('@testing-library/dom');

configure({ asyncUtilTimeout: 60_000 });
jest.setTimeout(240_000);
