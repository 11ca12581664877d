/** What an S3 server or the way to it says, as a Failure that says what to do. Never an address, a key or the server's own text. */
import { Failure } from "../../core/failure.ts";

const messages = {
  keys: "The S3 server does not accept the keys. Correct S3_ACCESS_KEY and S3_SECRET_KEY.",
  denied: "The S3 keys are not allowed to do this. Give them reading, writing, listing and deleting on the bucket of S3_BUCKET.",
  clock: "The clocks of this machine and of the S3 server differ too much for signed requests. Set both clocks.",
  bucket: "The bucket of S3_BUCKET does not exist. Create it, or start MySpinBot again: it creates the bucket if the keys may.",
  name: "S3_BUCKET is no name for a bucket. It has 3 to 63 lower case letters, digits, dots and hyphens.",
  taken: "The bucket name of S3_BUCKET belongs to somebody else. Choose another name.",
  region: "The bucket of S3_BUCKET is in another region or at another address. Correct S3_REGION and S3_ENDPOINT.",
  certificate: "The certificate of the S3 server is not trusted. Name its authority in NODE_EXTRA_CA_CERTS, or correct S3_ENDPOINT.",
  protocol: "The address in S3_ENDPOINT does not speak what it should. Check http:// against https:// and the port.",
} as const;

const settings: Record<string, keyof typeof messages> = {
  InvalidAccessKeyId: "keys",
  SignatureDoesNotMatch: "keys",
  InvalidToken: "keys",
  ExpiredToken: "keys",
  AccessDenied: "denied",
  AllAccessDisabled: "denied",
  RequestTimeTooSkewed: "clock",
  NoSuchBucket: "bucket",
  InvalidBucketName: "name",
  InvalidBucketNameError: "name",
  InvalidEndpointError: "protocol",
  InvalidPortError: "protocol",
  BucketAlreadyExists: "taken",
  AuthorizationHeaderMalformed: "region",
  PermanentRedirect: "region",
  MovedPermanently: "region",
  TemporaryRedirect: "region",
  IllegalLocationConstraintException: "region",
  DEPTH_ZERO_SELF_SIGNED_CERT: "certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "certificate",
  CERT_HAS_EXPIRED: "certificate",
  ERR_TLS_CERT_ALTNAME_INVALID: "certificate",
  EPROTO: "protocol",
  ERR_SSL_WRONG_VERSION_NUMBER: "protocol",
};

const transient = new Set([
  "SlowDown",
  "InternalError",
  "ServiceUnavailable",
  "RequestTimeout",
  "OperationAborted",
  "XMinioServerNotInitialized",
]);

const full = new Set([
  "XMinioStorageFull",
  "XMinioAdminBucketQuotaExceeded",
  "QuotaExceeded",
  "InsufficientStorage",
  "ServiceQuotaExceeded",
]);

export function s3Code(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === "string") return code;
  // the client refuses some settings before it asks anyone
  return typeof name === "string" && name.startsWith("Invalid") ? name : "";
}

/** True where the server says that there is no such object. */
export function isMissingObject(error: unknown): boolean {
  return ["NoSuchKey", "NotFound"].includes(s3Code(error));
}

/** True where the same request may do better in a moment: the connection failed, or the server says so. */
export function isTransient(error: unknown): boolean {
  const code = s3Code(error);
  // minio gives no code where the status was 5xx; Node's own are in capitals
  return code === "" || transient.has(code) || (s3Failure(error).retryable && /^E[A-Z_]+$/.test(code));
}

export function s3Failure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = s3Code(error);
  const options = { cause: error };
  if (full.has(code))
    return new Failure(
      "storage_full",
      "The S3 storage for results is full, or its quota is reached. Free some space there, then retry.",
      options,
    );
  const setting = settings[code];
  if (setting) return new Failure("config", messages[setting], options);
  return new Failure(
    "storage_unavailable",
    `The S3 storage for results does not work at the moment${code ? ` (${code})` : ""}. Check that the server of S3_ENDPOINT runs; the job can be retried.`,
    { ...options, retryable: true },
  );
}
