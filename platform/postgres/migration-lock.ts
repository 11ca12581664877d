/** Held on the database while its tables are made or changed: any number, the same for all who do so or ask whether somebody does. */
export const migrationLock = 7_424_201;
