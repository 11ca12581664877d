/** `npm run docs`: writes docs/tools.md from the catalogue. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../core/package-root.ts";
import { toolsPage } from "../core/tool-docs.ts";
import { toolView } from "../core/tool-view.ts";
import { createTools } from "../tools/index.ts";

writeFileSync(join(packageRoot(), "docs/tools.md"), toolsPage(createTools().map(toolView)));
