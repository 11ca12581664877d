/** How people ask for voices, videos and clips: whole sentences, one language a table. */

export type MediaDoes =
  | "speak"
  | "clone"
  | "animate"
  | "video"
  | "grow"
  | "lips"
  | "picture_says"
  | "clip"
  | "silent_clip"
  | "redo"
  | "show_voice"
  | "revoke";

export interface MediaFrame {
  does: MediaDoes;
  /**
   * Regular expression for the whole request; `{word}` stands for the language's lists. Groups: text, voice, object, ref, sound, name, person, seconds, scale, how (slow or fast), format,
   * rest (options), stage, mod.
   */
  is: string;
}

export interface MediaGrammar {
  /** Of the language that the lists are from. */
  language: string;
  frames: MediaFrame[];
  /** "slowly", "faster". */
  slow: string;
  fast: string;
  /** "me", "my": whose voice or face. */
  mine: string;
  /** "a lot", "a little": how much moves. */
  much: string;
  little: string;
  /** Options behind a comma. Groups: voice, how, format, seconds, motion words, captions, still. */
  options: string[];
  /** Stages as they are called. */
  stages: Record<"voice" | "picture" | "motion" | "lips", string>;
}
