package io.saviorrec.server.request;

/// The reasons for which a request can fail: each is one gRPC status and one value of the metrics'
/// `status` tag.
public enum ErrorCode {
  /// A value of the request is out of its range; sending it again cannot succeed.
  INVALID_ARGUMENT,
  /// The request names a model, version or bucket that this server does not have.
  NOT_FOUND,
  /// The caller lacks a right that what it asks for needs.
  PERMISSION_DENIED,
  /// A queue or table is full; try again later or at another replica.
  RESOURCE_EXHAUSTED,
  /// The deadline passed before the answer was ready.
  DEADLINE_EXCEEDED,
  /// The caller went away.
  CANCELLED,
  /// The server is starting or draining.
  UNAVAILABLE,
  /// The engine or the item store failed.
  INTERNAL
}
