package io.saviorrec.server.request;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.MDC;

/// The stretch of a thread's work that belongs to one call: what is logged in it carries the call's
/// names.
public final class LogScope implements AutoCloseable {
  static final String REQUEST_ID = "request_id";
  private static final String CALLER = "caller";
  private static final String TRACE_ID = "trace_id";
  private static final String PEER = "peer";
  private static final String MODEL = "model";
  private static final int MAX_ID = 100;

  /// What this stretch added and takes away again.
  private final List<String> added = new ArrayList<>(5);

  private LogScope() {}

  /// Begins the stretch; inside another one it adds what that one did not know.
  ///
  /// @param requestId as the caller sent it
  /// @param caller by its certificate or token
  /// @param model empty when none was chosen yet
  public static LogScope of(String requestId, String caller, CallTrace trace, String model) {
    LogScope scope = new LogScope();
    scope.add(REQUEST_ID, requestId.isEmpty() ? "-" : plain(requestId));
    scope.add(CALLER, caller.equals(Call.ANONYMOUS) ? "" : plain(caller));
    scope.add(TRACE_ID, trace.traceId());
    scope.add(PEER, trace.peer());
    scope.add(MODEL, model);
    return scope;
  }

  private void add(String name, String value) {
    if (!value.isEmpty() && MDC.get(name) == null) {
      MDC.put(name, value);
      added.add(name);
    }
  }

  /// What a caller sent must neither begin a line of its own nor fill the log.
  public static String plain(String text) {
    StringBuilder plain = new StringBuilder(Math.min(text.length(), MAX_ID + 1));
    for (int i = 0; i < text.length(); i++) {
      if (i == MAX_ID) {
        return plain.append('…').toString();
      }
      char character = text.charAt(i);
      int type = Character.getType(character);
      boolean shown =
          !Character.isISOControl(character)
              && type != Character.FORMAT
              && type != Character.LINE_SEPARATOR
              && type != Character.PARAGRAPH_SEPARATOR
              && type != Character.SURROGATE;
      plain.append(shown ? character : '?');
    }
    return plain.toString();
  }

  @Override
  public void close() {
    added.forEach(MDC::remove);
  }
}
