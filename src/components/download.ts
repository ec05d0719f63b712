/** Gives the user a text as a file of the browser's downloads. */

/** Download a text under a name; what a file system does not take in a name becomes `_`. */
export function downloadText(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  // eslint-disable-next-line no-control-regex -- control characters are not for file names
  link.download = name.replace(/[\u0000-\u001f/\\:*?"<>|]/g, '_');
  link.click();
  URL.revokeObjectURL(url);
}
