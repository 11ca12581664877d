/** Copies of a whole studio: made, looked through, brought back. */

/** A file that a row names and that is not in the backup. */
export interface AbsentFile {
  artifact: string;
  /** As its owner knows it. */
  name: string;
  why: string;
}

export interface MadeBackup {
  path: string;
  /** Of the whole file. */
  bytes: number;
  rows: number;
  files: number;
  /** Stored files that are missing, changed or unreadable. */
  damaged: readonly AbsentFile[];
  /** Removed by their owners while it was made. */
  gone: readonly AbsentFile[];
  /** Whether the studio knows of it, for those who watch the age of the last one. */
  noted: boolean;
}

export interface KnownBackup {
  /** ISO 8601. */
  at: string;
  /** Of the program that made it. */
  version: string;
  bytes: number;
  rows: number;
  files: number;
  damaged: readonly AbsentFile[];
}

export interface BackupProgress {
  what: "saved" | "verified" | "restored";
  bytes: number;
  of: number;
}

export interface BackupRun {
  signal?: AbortSignal;
  progress?: (done: BackupProgress) => void;
}

export interface Backups {
  /** Failures: `config`, `conflict`, `canceled`, `database_unavailable`, `storage_*`. None of them leaves a file. */
  create(folder: string, run?: BackupRun): Promise<MadeBackup>;
  /** Moment of the newest whole one in the folder. */
  newest(folder: string): Promise<Date | undefined>;
  /** Removes whole ones beyond the newest `keep`; returns their paths. */
  prune(folder: string, keep: number): Promise<string[]>;
  /** Writes nothing. Failures: `invalid_input` for what is not a whole backup, `config` for one of a newer version. */
  verify(path: string, run?: BackupRun): Promise<KnownBackup>;
  /** All of it or nothing of its rows; verifies before it writes. Failures as of `verify` and `create`, `folder_in_use` and `conflict` where a studio runs or is there. */
  restore(path: string, run?: BackupRun & { replace?: boolean }): Promise<KnownBackup>;
}
