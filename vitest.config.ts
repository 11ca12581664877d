import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["node_modules", "dist", "openwebui-pipe"],
    globalSetup: ["test/setup/services.ts"],
    // two small cores: a loaded machine needs patience, never a skipped check
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
