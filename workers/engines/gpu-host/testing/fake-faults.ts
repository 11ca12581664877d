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
  /** Of runs that are no trainings: SadTalker finds no face, the card's memory ends, the program exits 0 without a file, a success lists no file. */
  noFace: boolean;
  noMemory: boolean;
  noFile: boolean;
  emptyResults: boolean;
  /** Speech without a sound; a video that is none, or half a second long. */
  silent: boolean;
  noVideo: boolean;
  wrongLength: boolean;
  /** Looks at the card during which a program that was ended still holds it. */
  lingers: number;
  /** Answers that come as a web page, as from a proxy. */
  pages: number;
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
  ...{ noFace: false, noMemory: false, noFile: false, emptyResults: false, silent: false, noVideo: false, wrongLength: false },
  lingers: 0,
  pages: 0,
  endMs: 5,
};
