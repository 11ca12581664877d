/** What can be wrong with a studio, each planted as one small change of a sound one. */
import type { Bucket, StoredObject } from "../../../platform/files/testing/s3-store.ts";
import type { FaultWord } from "../judge.ts";
import type { Told } from "../told.ts";

export const ids = {
  ada: "job_00000000000000aa",
  bo: "job_00000000000000bb",
  canceled: "job_00000000000000cc",
  upload: "art_00000000000000dd",
};
const { ada, bo, canceled, upload } = ids;

interface Defect {
  title: string;
  word: FaultWord;
  says: RegExp;
  sql?: string;
  objects?(objects: Bucket["objects"]): void;
  told?(told: readonly Told[]): Told[];
}

const first = (objects: Bucket["objects"]): StoredObject => objects.get(`jobs/${ada}/2/0.png`) as StoredObject;
/** A row of the same table as another, with some columns changed; what would forbid it is taken away first. */
const again = (table: string, where: string, columns: Record<string, string>, index = "") =>
  `${index} do $$ declare one ${table}; begin select * into one from ${table} where ${where};
   ${Object.entries(columns)
     .map(([name, value]) => `one.${name} := ${value};`)
     .join(" ")}
   insert into ${table} overriding system value select one.*; end $$`;

const jobsAgain = "drop index jobs_key;";
const placeAgain = "drop index artifacts_place; drop index artifacts_storage;";

export const defects: Defect[] = [
  // lost
  { title: "an accepted job without a row", word: "lost", says: /nowhere/, sql: `delete from jobs where id = '${canceled}'` },
  { title: "a job that waits for ever", word: "lost", says: /stuck: queued/, sql: `update jobs set state = 'queued' where id = '${ada}'` },
  { title: "a job that runs for ever", word: "lost", says: /stuck: running/, sql: `update jobs set state = 'running' where id = '${ada}'` },
  {
    title: "a job that stops for ever",
    word: "lost",
    says: /stuck: canceling/,
    sql: `update jobs set state = 'canceling' where id = '${canceled}'`,
  },
  {
    title: "a success that was shown and is none",
    word: "lost",
    says: /was shown as succeeded/,
    sql: `update jobs set state = 'failed' where id = '${ada}'`,
  },
  {
    title: "a file that was shown and is gone",
    word: "lost",
    says: /was shown and is nowhere/,
    sql: `delete from artifacts where job = '${ada}' and ordinal = 1`,
  },
  { title: "a success without any file", word: "lost", says: /without a file/, sql: `delete from artifacts where job = '${ada}'` },
  {
    title: "fewer files than were asked for",
    word: "lost",
    says: /1 files in place of 2/,
    sql: `delete from artifacts where job = '${ada}' and ordinal = 1`,
  },
  {
    title: "a hole in the files of a job",
    word: "lost",
    says: /only the files 1/,
    sql: `delete from artifacts where job = '${ada}' and ordinal = 0`,
  },
  { title: "a hole in the events of a job", word: "lost", says: /has events/, sql: `delete from events where job = '${ada}' and seq = 2` },
  {
    title: "a last event that is missing",
    word: "lost",
    says: /last event says/,
    sql: `delete from events where job = '${canceled}' and seq = 2`,
  },
  {
    title: "a file that nobody was told of",
    word: "lost",
    says: /never told of/,
    sql: `delete from events where job = '${ada}' and type = 'artifact'`,
  },
  {
    title: "an attempt that was never closed",
    word: "lost",
    says: /an attempt of it is open/,
    sql: `update attempts set outcome = null where job = '${ada}' and number = 1`,
  },
  {
    title: "a success of no attempt",
    word: "lost",
    says: /its attempts say none/,
    sql: `update attempts set outcome = 'lost' where job = '${ada}'`,
  },
  {
    ...{ title: "a cancel that was said yes to and forgotten", word: "lost", says: /the cancel of .* was answered with canceling/ },
    told: (told) => [...told, { told: "canceled", principal: "ada", job: ada, state: "canceling" }],
  },
  { title: "an upload that is gone", word: "lost", says: /the upload .* is nowhere/, sql: `delete from artifacts where id = '${upload}'` },
  // doubled
  {
    title: "two jobs of one key",
    word: "doubled",
    says: /are all ada render_image key-of-ada/,
    sql: again("jobs", `id = '${ada}'`, { id: "'job_2'", number: "77" }, jobsAgain),
  },
  {
    ...{ title: "one key that was answered with two jobs", word: "doubled", says: /was answered with/ },
    told: (told) => [...told, { told: "accepted", principal: "ada", tool: "render_image", key: "key-of-ada", job: canceled }],
  },
  {
    title: "a job that nobody asked for",
    word: "doubled",
    says: /nobody asked for job_2/,
    sql: again("jobs", `id = '${ada}'`, { id: "'job_2'", number: "77", key: "null" }),
  },
  {
    ...{ title: "a second success", word: "doubled", says: /succeeded 2 times/ },
    sql: `${again("events", `job = '${ada}' and data ->> 'state' = 'succeeded'`, { seq: "99" })}`,
  },
  {
    title: "two attempts that succeeded",
    word: "doubled",
    says: /2 attempts of .* succeeded/,
    sql: `update attempts set outcome = 'succeeded' where job = '${ada}'`,
  },
  {
    title: "a file of an attempt that was fenced off",
    word: "doubled",
    says: /is of attempt 1/,
    sql: `update artifacts set attempt = 1 where job = '${ada}' and ordinal = 0`,
  },
  {
    title: "the same file in the same place",
    word: "doubled",
    says: /has the files 0,0,1/,
    sql: again("artifacts", `job = '${ada}' and ordinal = 0`, { id: "'art_2'", number: "77" }, placeAgain),
  },
  {
    title: "two rows for one object",
    word: "doubled",
    says: /all name jobs/,
    sql: again("artifacts", `job = '${ada}' and ordinal = 0`, { id: "'art_2'", number: "77", ordinal: "2" }, placeAgain),
  },
  {
    title: "files of a job that did not succeed",
    word: "doubled",
    says: /is canceled and has 2 files/,
    sql: `update artifacts set job = '${canceled}' where job = '${ada}'`,
  },
  {
    ...{ title: "a file that was told of twice", word: "doubled", says: /told of 2 times/ },
    sql: again("events", `job = '${ada}' and type = 'artifact' and (data ->> 'ordinal') = '0'`, { seq: "99" }),
  },
  // orphaned
  {
    title: "an object that no row names",
    word: "orphaned",
    says: /no row names jobs\/.*\/1\/0.png/,
    objects: (objects) => objects.set(`jobs/${ada}/1/0.png`, first(objects)),
  },
  {
    title: "an object outside of every job",
    word: "orphaned",
    says: /no row names checks\/left/,
    objects: (objects) => objects.set("checks/left", first(objects)),
  },
  {
    title: "a row whose object is missing",
    word: "orphaned",
    says: /which is not stored/,
    objects: (objects) => objects.delete(`jobs/${ada}/2/0.png`),
  },
  {
    title: "an object of other bytes",
    word: "orphaned",
    says: /its row says/,
    objects: (objects) => objects.set(`jobs/${ada}/2/0.png`, objects.get(`jobs/${bo}/2/1.png`) as StoredObject),
  },
  {
    title: "an object that was cut off",
    word: "orphaned",
    says: /has 5 bytes/,
    objects: (objects) => objects.set(`jobs/${ada}/2/0.png`, { ...first(objects), bytes: 5 }),
  },
  // foreign
  {
    title: "a job of another principal than who asked",
    word: "foreign",
    says: /of ada is bo's/,
    sql: `update jobs set principal = 'bo' where id = '${ada}'`,
  },
  {
    title: "a file of another principal than its job",
    word: "foreign",
    says: /of bo was made by/,
    sql: `update artifacts set principal = 'bo' where job = '${ada}' and ordinal = 0`,
  },
  {
    ...{ title: "a file that is stored under another job", word: "foreign", says: /not under jobs/ },
    sql: `update artifacts set storage_key = 'jobs/${bo}/2/9.png' where job = '${ada}' and ordinal = 0`,
  },
  {
    ...{ title: "an event with another job's file", word: "foreign", says: /was told of by/ },
    sql: `update events set data = (select data from events where job = '${bo}' and type = 'artifact' limit 1) where job = '${ada}' and type = 'artifact'`,
  },
  {
    ...{ title: "work on another's file", word: "foreign", says: /works on art_.* of ada/ },
    sql: `update jobs set input = '{"image":"${upload}"}' where id = '${bo}'`,
  },
  {
    title: "a job that needs another's",
    word: "foreign",
    says: /needs job_.* of ada/,
    sql: `update jobs set needs = '["${ada}"]' where id = '${bo}'`,
  },
  {
    title: "an upload in other hands",
    word: "foreign",
    says: /the upload .* of ada is bo's/,
    sql: `update artifacts set principal = 'bo' where id = '${upload}'`,
  },
  {
    ...{ title: "a delivery of another's job", word: "foreign", says: /delivery dlv_1 of bo hangs on/ },
    sql: `insert into deliveries (id, principal, job, conversation, message, target, state, created_at, owed_since) values ('dlv_1', 'bo', '${ada}', 'c', 'm', '{}', 'pending', now(), now())`,
  },
];
