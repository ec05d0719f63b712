/** Walks through a part of the page by the Tab key alone. */
import { expect } from '@jupyterlab/galata';
import { Locator, Page } from '@playwright/test';

const ACTIONS =
  ':is(button, input, select, textarea, summary, a[href]):not(:disabled, [tabindex="-1"]):visible';

/** Expect that Tab goes through all that can be done in a part, in order, and that focus is seen. */
export async function expectWalk(page: Page, part: Locator): Promise<void> {
  const actions = part.locator(ACTIONS);
  await actions.first().focus();
  // By keys, not by a call: only that shows where the focus is.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Shift+Tab');
  for (let left = await actions.count(); left > 0; left--) {
    const focused = part.locator(':focus');
    await expect(focused).toHaveCount(1);
    const [name, seen] = await focused.evaluate(node => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(node);
      const outlined = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
      const name = node.getAttribute('aria-label') ?? node.textContent;
      return [name || node.outerHTML, outlined || boxShadow !== 'none'];
    });
    expect([name, seen]).toEqual([name, true]);
    await page.keyboard.press('Tab');
    await skipRegions(page, part);
  }
  await expect(part.locator(`${ACTIONS}:focus`)).toHaveCount(0);
}

/** A region that scrolls has the focus, too: go on to what can be done. */
async function skipRegions(page: Page, part: Locator): Promise<void> {
  const region = part.locator(':focus:is([role="region"], [role="log"], pre)');
  while ((await region.count()) > 0) {
    await page.keyboard.press('Tab');
  }
}
