/** Where drizzle-kit finds the schema and puts the migrations. */
import { defineConfig } from "drizzle-kit";

export default defineConfig({ dialect: "postgresql", schema: "./platform/postgres/schema.ts", out: "./platform/postgres/migrations" });
