/** What can go wrong in a fake gpu-host, each until it is taken back or has happened as often as it says. */

export interface Faults {
  /** Connections that are reset after so many bytes of events; then it goes on. */
  cutEvents: number;
  /** Runs that are accepted without an answer: the connection is reset. */
  loseAnswers: number;
  /** Files whose bytes are changed on their way. */
  spoilFiles: number;
  /** Milliseconds a step. */
  stepMs: number;
  /** A run stops before this step until it is taken back. */
  gate?: number;
  /** It is killed from outside after this step, once. */
  interruptAt?: number;
  /** The card's memory ends above this many pictures × pixels a step, at step 2. */
  memory?: number;
  /** The disk is full: at the start (`start`), or after this step, once. */
  disk?: "start" | number;
  /** A resumed training begins anew and is stopped by gpu-host. */
  resumeFails: boolean;
  /** It takes orders, as another trainer might. */
  takesOrders: boolean;
  /** A run of somebody else's has the card. */
  foreign?: string;
  /** Milliseconds that a canceled run takes to be over. */
  endMs: number;
}

export const noFaults: Faults = {
  cutEvents: 0,
  loseAnswers: 0,
  spoilFiles: 0,
  stepMs: 1,
  resumeFails: false,
  takesOrders: false,
  endMs: 5,
};
