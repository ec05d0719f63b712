/** Waiting in tests ends with what is waited for: on a busy machine that may take a while. */
const { configure } = require('@testing-library/dom');

configure({ asyncUtilTimeout: 20_000 });
jest.setTimeout(60_000);
