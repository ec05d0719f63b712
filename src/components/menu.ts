/** Menus that our own buttons and boxes open. */
import { Menu } from '@lumino/widgets';

/** Open a menu that is used once; the focus then comes back to where it was. */
export function openMenu(menu: Menu, x: number, y: number): void {
  const before = document.activeElement;
  menu.aboutToClose.connect(() => {
    // What was chosen is done after this: it may take the focus elsewhere.
    if (before instanceof HTMLElement && before.isConnected) {
      before.focus({ preventScroll: true });
    }
    // An activated item still needs its menu in the turn in which it closes.
    requestAnimationFrame(() => menu.dispose());
  });
  menu.open(x, y);
}
