/** Helper code in the panel: what goes along and why, unsaved tabs, drift, and the code of a run. */
import AxeBuilder from '@axe-core/playwright';
import { expect, IJupyterLabPageFixture, test } from '@jupyterlab/galata';

import { step } from '../helpers/notebooks';
import { PipelinePage } from '../helpers/pipelinePage';
import { inTheme } from '../helpers/themes';

const CELLS = [
  step('make', 'from tools.make import rows\nprint("made", rows())'),
  step('other', 'print("other")')
];

/** Upload a notebook with a package beside it, and open it with the panel's section. */
async function opened(
  page: IJupyterLabPageFixture,
  folder: string
): Promise<PipelinePage> {
  const files = {
    'tools/__init__.py': '',
    'tools/make.py': 'from .sizes import SIZE\ndef rows(): return [1] * SIZE\n',
    'tools/sizes.py': 'SIZE = 3\n'
  };
  for (const [name, text] of Object.entries(files)) {
    await page.contents.uploadContent(text, 'text', `${folder}/${name}`);
  }
  const lab = await PipelinePage.opened(page, `${folder}/work.ipynb`, CELLS, {
    panel: true
  });
  await lab.panel.getByRole('button', { name: /^Helper code/ }).click();
  return lab;
}

function file(lab: PipelinePage, path: string) {
  return lab.panel.locator(`.jp-kfp-CodeFiles [data-file="${path}"]`);
}

/** Replace the text of the editor that is in front, without saving it. */
async function type(page: IJupyterLabPageFixture, text: string) {
  const editor = page.locator('.jp-FileEditor:visible .cm-content');
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(text);
}

test('files are shown with their reason, and an unsaved tab is saved before a run', async ({
  page,
  tmpPath
}, info) => {
  const lab = await opened(page, tmpPath);
  await expect(file(lab, 'tools/sizes.py')).toContainText(
    'cell 1: tools.make → tools.sizes'
  );
  await expect(file(lab, 'tools/make.py')).toContainText('make');
  await expect(file(lab, 'tools/make.py')).not.toContainText('other');

  await file(lab, 'tools/sizes.py')
    .getByRole('button', { name: 'tools/sizes.py' })
    .click();
  await type(page, 'SIZE = 5\n');
  await page.activity.activateTab('work.ipynb');
  const notice = lab.panel.locator('.jp-kfp-Unsaved');
  await expect(notice).toContainText('tools/sizes.py');
  await page.screenshot({ path: info.outputPath('unsaved.png') });

  // The plain button asks; nothing runs before there is an answer.
  await lab.run();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Unsaved helper code');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(lab.panel.locator('.jp-kfp-RunList li')).toHaveCount(0);

  await notice.getByRole('button', { name: 'Save and run' }).click();
  await expect(notice).toHaveCount(0);
  await lab.expectState(0, 'SUCCEEDED');
  await lab.panel.getByRole('button', { name: 'Open the log of make' }).click();
  await expect(page.getByRole('log')).toContainText('made [1, 1, 1, 1, 1]');
});

test('what changed since it was shown is said, and shown again', async ({
  page,
  tmpPath
}) => {
  const lab = await opened(page, tmpPath);
  await expect(file(lab, 'tools/sizes.py')).toContainText('9 B');
  // Another program writes the file: this page hears nothing of it.
  await page.request.put(
    `${new URL(page.url()).origin}/api/contents/${tmpPath}/tools/sizes.py`,
    { data: { type: 'file', format: 'text', content: 'SIZE = 1 + 1\n' } }
  );
  await lab.run();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('The code changed meanwhile');
  await expect(dialog).toContainText('tools/sizes.py');
  await expect(file(lab, 'tools/sizes.py')).toContainText('13 B');
  await dialog.getByRole('button', { name: 'Run', exact: true }).click();
  await lab.expectState(0, 'SUCCEEDED');
  await lab.panel.getByRole('button', { name: 'Open the log of make' }).click();
  await expect(page.getByRole('log')).toContainText('made [1, 1]');
});

test('the kernel loads a changed module again', async ({ page, tmpPath }) => {
  const lab = await opened(page, tmpPath);
  const run = async () => {
    await page.notebook.runCell(0);
    return page.notebook.getCellTextOutput(0);
  };
  expect(await run()).toEqual(['made [1, 1, 1]\n']);
  await lab.panel
    .getByRole('button', { name: 'Compare with the kernel' })
    .click();
  await expect(lab.panel).toContainText('has loaded nothing that differs');
  await page.contents.uploadContent(
    'from .sizes import SIZE\ndef rows(): return [2] * SIZE\n',
    'text',
    `${tmpPath}/tools/make.py`
  );
  // The kernel is asked when it has run something.
  expect(await run()).toEqual(['made [1, 1, 1]\n']);
  await expect(lab.panel).toContainText(
    'tools.make: the file was changed since it was loaded'
  );
  await lab.panel.getByRole('button', { name: 'Reload', exact: true }).click();
  await expect(lab.panel).toContainText('has loaded nothing that differs');
  expect(await run()).toEqual(['made [2, 2, 2]\n']);
});

for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
  test.describe(theme, () => {
    test.use({
      mockSettings: inTheme(theme)
    });

    test(`the code of a run is shown, compared and restored (${theme})`, async ({
      page,
      tmpPath
    }, info) => {
      const lab = await opened(page, tmpPath);
      await expect(file(lab, 'tools/make.py')).toBeVisible();
      await lab.run();
      await lab.expectState(0, 'SUCCEEDED');
      await page.contents.uploadContent(
        'SIZE = 7\n',
        'text',
        `${tmpPath}/tools/sizes.py`
      );
      const panelAxe = await new AxeBuilder({ page })
        .include('.jp-kfp-HelperCode')
        .analyze();
      expect(panelAxe.violations).toEqual([]);
      await lab.panel.getByRole('button', { name: 'Code of this run' }).click();
      const view = page.locator('.jp-kfp-RunCode');
      await expect(view).toContainText('tools/sizes.py: changed');
      await expect(view).toContainText('+SIZE = 7');
      const found = await new AxeBuilder({ page })
        .include('.jp-kfp-RunCode')
        .analyze();
      expect(found.violations).toEqual([]);
      await page.screenshot({ path: info.outputPath('code.png') });

      await view.getByRole('button', { name: 'Restore to a folder…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox').fill(`${tmpPath}/then`);
      await dialog.getByRole('button', { name: 'Restore' }).click();
      await expect(page.locator('.Toastify')).toContainText('Restored 4 files');
      const restored = await page.request.get(
        `${new URL(page.url()).origin}/api/contents/${tmpPath}/then/tools/sizes.py`
      );
      expect((await restored.json()).content).toBe('SIZE = 3\n');
    });
  });
}
