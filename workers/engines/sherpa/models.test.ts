import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findModel, noModels } from "./models.ts";
import { folderWith, pocket, pocketFiles, removeAll, zip, zipFiles } from "./testing/files.ts";

afterEach(removeAll);

describe("the models of sherpa-onnx", () => {
  it("are found as their archives lay them out, the vocoder beside the folder", async () => {
    const folder = await folderWith(zipFiles);
    expect(await findModel(folder)).toMatchObject({
      model: {
        ...{ kind: "zipvoice", languages: ["en", "zh"], licence: expect.stringContaining("non-commercial") },
        config: {
          vocoder: join(folder, "vocos_24khz.onnx"),
          dataDir: join(folder, zip, "espeak-ng-data"),
          encoder: join(folder, zip, "encoder.int8.onnx"),
        },
      },
    });
  });

  it("are found where the setting names the folder of the model itself", async () => {
    const folder = await folderWith(pocketFiles);
    expect(await findModel(join(folder, pocket))).toMatchObject({ model: { kind: "pocket", languages: ["en"] } });
  });

  it("may be the unquantized ones", async () => {
    const folder = await folderWith(pocketFiles.map((name) => name.replace(".int8", "")));
    expect(await findModel(folder)).toMatchObject({ model: { config: { lmMain: join(folder, pocket, "lm_main.onnx") } } });
  });

  it("are taken in the order of their languages where both are there", async () => {
    expect(await findModel(await folderWith([...pocketFiles, ...zipFiles]))).toMatchObject({ model: { kind: "zipvoice" } });
  });

  it("are named file by file where one is begun, with what brings them", async () => {
    const found = await findModel(await folderWith(zipFiles.filter((name) => !/vocos|lexicon/.test(name))));
    expect(found).toMatchObject({
      title: "ZipVoice",
      missing: ["lexicon.txt", "vocos_24khz.onnx"],
      fix: expect.stringMatching(/tar xf .*curl -LO .*vocos_24khz\.onnx/),
    });
  });

  it("do not count an empty file, which is a download that broke off", async () => {
    const folder = await folderWith(pocketFiles, "");
    expect(await findModel(folder)).toMatchObject({ missing: [] });
    expect(await findModel(folder)).not.toHaveProperty("model");
  });

  it("are brought by commands that are told where there is none", async () => {
    expect(await findModel(await folderWith([]))).toEqual({ missing: [], fix: noModels() });
    expect(noModels()).toMatch(/MYSPINBOT_SHERPA_MODELS.*zipvoice.*pocket/s);
    await expect(findModel("/there/is/no/such/folder")).rejects.toMatchObject({
      code: "config",
      message: expect.not.stringContaining("/there"),
    });
  });
});
