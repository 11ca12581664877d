/** Photos as a phone makes them: different pictures, sharp, turned, with the place where they were taken inside. */
import sharp from "sharp";
import { random } from "../harness/random.ts";

const side = 640;

/** Coloured blocks at random places: no two alike, with edges that are no blur. */
async function photo(seed: number): Promise<Buffer> {
  const next = random(seed * 7919 + 1);
  const some = (most: number) => Math.floor(next() * most);
  const block = () => {
    const [width, height] = [40 + some(200), 40 + some(200)];
    const color = `rgb(${some(256)},${some(256)},${some(256)})`;
    return `<rect x="${some(side)}" y="${some(side)}" width="${width}" height="${height}" fill="${color}" transform="rotate(${some(90)} ${side / 2} ${side / 2})"/>`;
  };
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">${Array.from({ length: 60 }, block).join("")}</svg>`;
  return sharp(Buffer.from(drawn))
    .flatten({ background: "#888" })
    .jpeg({ quality: 92 })
    .withExif({ IFD0: { Make: "Phone" }, IFD3: { GPSLatitudeRef: "N", GPSLatitude: "52/1 31/1 0/1" } })
    .toBuffer();
}

export function photos(count: number): Promise<Buffer[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => photo(index)));
}
