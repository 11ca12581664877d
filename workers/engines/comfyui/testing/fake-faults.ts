/** What a fake ComfyUI does wrong on demand. */
export interface NodeFault {
  /** Node class that it hits. */
  node: string;
  kind: "fail" | "oom" | "hang";
  /** Times; default 1. */
  times?: number;
}

export interface Faults {
  /** Next `POST /prompt`: taken, but the connection breaks before the answer (`lose-answer`); broken before it is taken (`lose-request`). */
  post: ("lose-answer" | "lose-request")[];
  /** Milliseconds that each `POST /prompt` is answered late, after it was taken. */
  postDelayMs: number;
  /** Milliseconds that each `POST /prompt` is under way before it is taken. */
  postHoldMs: number;
  nodes: NodeFault[];
  /** Every request gets 403. */
  forbidden: boolean;
  /** Every request gets a web page. */
  html: boolean;
  /** Status for every request, as of a proxy; 0 = none. */
  status: number;
  viewDelayMs: number;
  /** This many `/view` answer 404. */
  viewMissing: number;
  /** This many `/view` break off half way. */
  viewBroken: number;
  /** What SaveVideo leaves instead of a video, while it says that all is well. */
  video: Buffer | undefined;
  /** What SaveImage leaves instead of its blocks, such as a face, as large as it was asked for. */
  picture: ((width: number, height: number) => Promise<Buffer>) | undefined;
  /** New sockets are refused. */
  refuseSockets: boolean;
  /** Sockets stay open, but nothing is sent and no ping is answered. */
  muteSockets: boolean;
  /** VRAM stays taken after `/free`. */
  keepVram: boolean;
}

export function noFaults(): Faults {
  return {
    post: [],
    postDelayMs: 0,
    postHoldMs: 0,
    nodes: [],
    forbidden: false,
    html: false,
    status: 0,
    viewDelayMs: 0,
    viewMissing: 0,
    viewBroken: 0,
    video: undefined,
    picture: undefined,
    refuseSockets: false,
    muteSockets: false,
    keepVram: false,
  };
}

/** Takes the fault that hits this node, if there is one. */
export function takeNodeFault(faults: Faults, node: string): NodeFault["kind"] | undefined {
  const fault = faults.nodes.find((entry) => entry.node === node);
  if (!fault) return undefined;
  fault.times = (fault.times ?? 1) - 1;
  if (fault.times <= 0) faults.nodes.splice(faults.nodes.indexOf(fault), 1);
  return fault.kind;
}
