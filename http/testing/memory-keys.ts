/** Access keys in memory, as the port says. */
import type { AccessKeyStore, StoredAccessKey } from "../../core/ports/access.ts";

export function memoryKeys(): AccessKeyStore & { rows: StoredAccessKey[] } {
  const rows: StoredAccessKey[] = [];
  const find = (id: string) => rows.find((row) => row.id === id);
  return {
    rows,
    add: async (key) => void rows.push({ ...key }),
    async addFirst(key) {
      if (rows.length > 0) return false;
      rows.push({ ...key });
      return true;
    },
    find: async (id) => structuredClone(find(id)),
    list: async () => rows.map(({ hash: _, ...key }) => key).reverse(),
    async revoke(id, at) {
      const row = find(id);
      if (!row) return undefined;
      row.revokedAt ??= at;
      const { hash: _, ...key } = row;
      return key;
    },
    async used(id, at) {
      const row = find(id);
      if (row) row.lastUsedAt = at;
    },
  };
}
