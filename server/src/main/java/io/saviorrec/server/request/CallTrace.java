package io.saviorrec.server.request;

/// What a call is known by in traces and logs.
public interface CallTrace {
  /// A call that nobody follows.
  CallTrace NONE =
      new CallTrace() {
        @Override
        public String traceId() {
          return "";
        }

        @Override
        public String spanId() {
          return "";
        }

        @Override
        public String peer() {
          return "";
        }

        @Override
        public void attribute(String name, String value) {}

        @Override
        public void attribute(String name, long value) {}

        @Override
        public void follow(StageTimes times) {}
      };

  /// The trace that the call belongs to; empty when it is not recorded.
  String traceId();

  /// The call's own span; empty when it is not recorded.
  String spanId();

  /// The caller's address; empty when it is unknown.
  String peer();

  void attribute(String name, String value);

  void attribute(String name, long value);

  /// Shows these stages when the call has ended.
  void follow(StageTimes times);
}
