/** Files anywhere on the page; `over` is shown while they hover. */
export function listenForDrops(over: HTMLElement, dropped: (files: File[]) => void): void {
  const carries = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  let depth = 0;
  addEventListener("dragenter", (event) => {
    if (!carries(event)) return;
    depth++;
    over.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (!carries(event) || --depth > 0) return;
    depth = 0;
    over.hidden = true;
  });
  addEventListener("dragover", (event) => {
    if (carries(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    depth = 0;
    over.hidden = true;
    const files = [...event.dataTransfer!.files];
    if (files.length > 0) dropped(files);
  });
}
