package io.saviorrec.server.oip;

import io.saviorrec.proto.oip.InferParameter;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.RequestException;
import java.util.Locale;
import java.util.Map;

/// The parameters of a request as fields of a scoring request.
final class InferParameters {
  private static final String KNOWN =
      "bucket, label, priority, exact, strict, top_k, time_ms, flags.NAME";
  private static final String FLAGS = "flags.";

  private InferParameters() {}

  static void put(Map<String, InferParameter> parameters, ScoreRequest.Builder request) {
    parameters.forEach((name, value) -> put(name, value, request));
  }

  private static void put(String name, InferParameter value, ScoreRequest.Builder request) {
    switch (name) {
      case "bucket" -> request.setBucket(text(name, value));
      case "label" -> request.setLabel(text(name, value));
      case "priority" -> request.setPriority(priority(value));
      case "exact" -> request.setExact(bool(name, value));
      case "strict" -> request.setStrict(bool(name, value));
      case "top_k" -> request.setTopK((int) number(name, value, Integer.MAX_VALUE));
      case "time_ms" -> request.setTimeMs(number(name, value, Long.MAX_VALUE));
      // How long a request may queue in Triton; here the call's deadline says it.
      case "timeout" -> {}
      default -> {
        if (!name.startsWith(FLAGS)) {
          throw RequestException.invalid(
              "parameter %s is not known; there are %s".formatted(ErrorText.quote(name), KNOWN));
        }
        request.putFlags(name.substring(FLAGS.length()), text(name, value));
      }
    }
  }

  /// By its name, or by Triton's levels, of which 1 is the highest.
  private static Priority priority(InferParameter value) {
    if (value.getParameterChoiceCase() != InferParameter.ParameterChoiceCase.STRING_PARAM) {
      return Priority.forNumber((int) number("priority", value, Priority.LOW.getNumber()));
    }
    return switch (value.getStringParam().toLowerCase(Locale.ROOT)) {
      case "high" -> Priority.HIGH;
      case "normal" -> Priority.NORMAL;
      case "low" -> Priority.LOW;
      default -> throw wrong("priority", "high, normal or low, or a whole number of 0 to 3");
    };
  }

  private static String text(String name, InferParameter value) {
    if (value.getParameterChoiceCase() != InferParameter.ParameterChoiceCase.STRING_PARAM) {
      throw wrong(name, "a string");
    }
    return value.getStringParam();
  }

  private static boolean bool(String name, InferParameter value) {
    if (value.getParameterChoiceCase() != InferParameter.ParameterChoiceCase.BOOL_PARAM) {
      throw wrong(name, "true or false");
    }
    return value.getBoolParam();
  }

  private static long number(String name, InferParameter value, long most) {
    long number =
        switch (value.getParameterChoiceCase()) {
          case INT64_PARAM -> value.getInt64Param();
          case UINT64_PARAM -> value.getUint64Param();
          default -> -1;
        };
    if (number < 0 || number > most) {
      throw wrong(name, "a whole number of 0 to " + most);
    }
    return number;
  }

  private static RequestException wrong(String name, String expected) {
    return RequestException.invalid("parameter %s must be %s".formatted(name, expected));
  }
}
