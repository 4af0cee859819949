/** Dots of the picture for each unit of the drawing. */
const SCALE = 2;

/**
 * An SVG file as a picture. It is read from a `data:` address: of `blob:` ones policies speak more seldom. @throws
 * Error where it cannot be drawn
 */
export async function pngOf(svg: string, { width, height }: { width: number; height: number }): Promise<Blob> {
  const image = new Image(width, height);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode().catch(() => {
    throw new Error("the picture could not be drawn: the page's policy must allow img-src data:");
  });
  const canvas = document.createElement("canvas");
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("the picture could not be written"))),
      "image/png",
    );
  });
}
