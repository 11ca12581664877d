/** A history as long as one likes, made inside the database: jobs that ended, with their attempts, events, files and what chats were owed of them. */
import type pg from "pg";

export interface History {
  rows: number;
  /** Half of them are this principal's, the others are spread over a hundred. */
  principal: string;
}

const ended = `case when n % 50 = 0 then 'failed' when n % 77 = 0 then 'canceled' else 'succeeded' end`;
const tool = `case when n % 500 = 0 then 'train_lora' when n % 10 = 0 then 'upscale_image' else 'render_image' end`;

const statements = [
  `insert into jobs (id, principal, tool, input, title, state, family, engine, class, vram_gb, priority, attempt, conversation, message, ordinal, key,
      request_digest, last_seq, created_at, queued_at, started_at, finished_at)
    select 'job_old' || n, case when n % 2 = 0 then $2 else 'other-' || n % 100 end, ${tool}, jsonb_build_object('prompt', 'a fox, number ' || n, 'seed', n),
      'Render: a fox, number ' || n, ${ended}, case when n % 3 = 0 then 'comfy-sd15' else 'comfy-sdxl' end, 'comfyui', 'interactive', 8.5, 1, 1,
      'conv_' || n % 5000, 'msg_' || n, 1, 'key-' || n, md5(n::text), 3, now() - make_interval(secs => $1::bigint - n), now() - make_interval(secs => $1::bigint - n),
      now() - make_interval(secs => $1::bigint - n - 2), now() - make_interval(secs => $1::bigint - n - 9)
    from generate_series(1, $1::bigint) as n`,
  `insert into attempts (job, number, worker, started_at, ended_at, outcome)
    select id, 1, 'old:1', started_at, finished_at, state from jobs where id like 'job_old%' and $1::bigint > 0 and $2::text <> ''`,
  `insert into events (job, seq, type, data, at)
    select id, seq, 'state', jsonb_build_object('state', case seq when 1 then 'queued' when 2 then 'running' else state end), created_at
    from jobs, generate_series(1, 3) as seq where id like 'job_old%' and $1::bigint > 0 and $2::text <> ''`,
  `insert into artifacts (id, principal, job, attempt, ordinal, name, media_type, bytes, sha256, storage_key, width, height, created_at)
    select 'art_' || id, principal, id, 1, 0, 'a-fox.png', 'image/png', 1000000, md5(id) || md5(id), 'jobs/' || id || '/1/0.png', 1024, 1024, finished_at
    from jobs where id like 'job_old%' and state = 'succeeded' and $1::bigint > 0 and $2::text <> ''`,
  `insert into deliveries (id, principal, job, conversation, message, target, state, attempts, created_at, owed_since, delivered_at)
    select 'dlv_' || id, principal, id, conversation, message, '{"chat": "c"}', 'delivered', 1, created_at, created_at, finished_at
    from jobs where id like 'job_old%' and right(id, 1) = '0' and $1::bigint > 0 and $2::text <> ''`,
];

/** The database must be an empty one of ours. Ends with what the planner needs to know. */
export async function seedHistory(pool: pg.Pool, { rows, principal }: History): Promise<void> {
  for (const statement of statements) await pool.query(statement, [rows, principal]);
  await pool.query("vacuum analyze");
}
