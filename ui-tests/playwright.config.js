/**
 * Runs the browser tests against a JupyterLab of their own, in Debian's Chromium where it is there.
 * KFP_UI_TESTS_PORT names the port, KFP_UI_TESTS_DIR another folder of tests.
 */
const { existsSync } = require('fs');

const baseConfig = require('@jupyterlab/galata/lib/playwright-config');

const port = process.env.KFP_UI_TESTS_PORT ?? '8897';
const url = `http://localhost:${port}`;
const chromium = '/usr/bin/chromium';

// Galata's own requests read it.
process.env.TARGET_URL = url;

module.exports = {
  ...baseConfig,
  testDir: process.env.KFP_UI_TESTS_DIR ?? 'tests',
  // What must come may take its time on a busy machine; whoever waits goes on once it is there.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  workers: 1,
  reporter: [['list']],
  retries: process.env.CI ? 1 : 0,
  use: {
    ...baseConfig.use,
    baseURL: url,
    actionTimeout: 60_000,
    video: 'off',
    trace: 'on-first-retry',
    screenshot: 'only-on-failure',
    launchOptions: existsSync(chromium)
      ? { executablePath: chromium, args: ['--no-sandbox'] }
      : {}
  },
  webServer: {
    command: `jupyter lab --config jupyter_server_test_config.py --port ${port}`,
    url: `${url}/lab`,
    timeout: 300_000,
    reuseExistingServer: !process.env.CI
  }
};
