/** Consent: who agreed to what with whose voice or face, kept with what was made of it. It comes from a person's answer alone; no argument of a tool can stand for it. */
import type { AnswerWay, Face } from "./approval.ts";
import type { Reference } from "./source.ts";

export const consentSubjects = ["voice", "face"] as const;
export type ConsentSubject = (typeof consentSubjects)[number];

/** What a job asks consent for, as it is prepared. */
export interface ConsentWish {
  subject: ConsentSubject;
  /** Whose it is, as the person who asks said it and the one who answers saw it. */
  person: string;
  /** Word by word what is agreed to. */
  statement: string;
  /** What the voice or face is taken from: where that is not made yet, also the files that it is made from. */
  references: Reference[];
}

/** The record. Kept with the job, and with a voice that it makes. */
export interface Consent extends ConsentWish {
  /** The question that was answered. */
  approval: string;
  /** When it was agreed to, ISO 8601. */
  at: string;
  /** Principal who agreed, and how. */
  by: string;
  how: AnswerWay;
  face: Face;
  conversation?: string;
  message?: string;
}

export const voiceStatement = (person: string): string =>
  `This is a recording of ${person}. I am that person, or they have agreed that their voice is cloned here; it will not be used to deceive anyone.`;

export const faceStatement = (person: string): string =>
  `This shows ${person}. I am that person, or they have agreed that their face is made to speak here, or it is nobody's; it will not be used to deceive anyone.`;
