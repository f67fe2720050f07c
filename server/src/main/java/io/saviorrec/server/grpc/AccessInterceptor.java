package io.saviorrec.server.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.saviorrec.proto.oip.GRPCInferenceServiceGrpc;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.access.Caller;
import io.saviorrec.server.access.Callers;
import io.saviorrec.server.access.Right;
import io.saviorrec.server.access.UnknownCallerException;
import io.saviorrec.server.request.Call;
import java.security.cert.X509Certificate;
import java.util.Map;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/// Stands before every method, before anything of a message is decoded: lets a call pass when its
/// caller has the right to make it.
///
/// Health, in either protocol, is for everybody, and reflection for every caller that is known:
/// what it tells, the contract, is no secret; so is what a method that is not there is answered
/// with. Another method without a rule here needs the right to administer.
final class AccessInterceptor implements ServerInterceptor {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Context.Key<String> CALLER =
      Context.keyWithDefault("savior-caller", Call.ANONYMOUS);
  private static final Context.Key<Boolean> MAY_CHOOSE =
      Context.keyWithDefault("savior-may-choose", false);
  private static final String HEALTH = "grpc.health.v1.Health";
  private static final String REFLECTION = "grpc.reflection.";
  private static final Map<String, Right> RIGHTS =
      Map.ofEntries(
          Map.entry(ScoringGrpc.getScoreMethod().getFullMethodName(), Right.SCORE),
          Map.entry(ScoringGrpc.getScoreUsersMethod().getFullMethodName(), Right.SCORE),
          Map.entry(ScoringGrpc.getScoreStreamMethod().getFullMethodName(), Right.SCORE),
          Map.entry(ScoringGrpc.getGetModelMethod().getFullMethodName(), Right.SCORE),
          Map.entry(
              GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName(), Right.SCORE),
          Map.entry(
              GRPCInferenceServiceGrpc.getModelReadyMethod().getFullMethodName(), Right.SCORE),
          Map.entry(
              GRPCInferenceServiceGrpc.getModelMetadataMethod().getFullMethodName(), Right.SCORE),
          Map.entry(
              GRPCInferenceServiceGrpc.getServerMetadataMethod().getFullMethodName(), Right.SCORE),
          Map.entry(ItemsGrpc.getGetItemsMethod().getFullMethodName(), Right.SCORE),
          Map.entry(ItemsGrpc.getListItemsMethod().getFullMethodName(), Right.SCORE),
          Map.entry(ItemsGrpc.getUpdateStatsMethod().getFullMethodName(), Right.WRITE),
          Map.entry(ItemsGrpc.getDeleteItemsMethod().getFullMethodName(), Right.WRITE),
          Map.entry(ItemsGrpc.getUpsertItemsMethod().getFullMethodName(), Right.WRITE));

  private final Callers callers;

  AccessInterceptor(Callers callers) {
    this.callers = callers;
  }

  /// The name of a call's caller.
  static String caller(Context context) {
    return CALLER.get(context);
  }

  /// Whether a call's caller may name the version that answers.
  static boolean mayChoose(Context context) {
    return MAY_CHOOSE.get(context);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    if (HEALTH.equals(call.getMethodDescriptor().getServiceName())
        || InferenceService.HEALTH.contains(method)) {
      return next.startCall(call, headers);
    }
    try {
      Caller caller = callers.identify(headers.get(AUTHORIZATION), certificate(call));
      boolean needsNone = method.startsWith(REFLECTION) || method.equals(UnknownMethods.METHOD);
      Right needed = needsNone ? null : RIGHTS.getOrDefault(method, Right.ADMINISTER);
      if (needed == null || caller.may(needed)) {
        Context context =
            Context.current()
                .withValues(CALLER, caller.name(), MAY_CHOOSE, caller.may(Right.CHOOSE));
        return Contexts.interceptCall(context, call, headers, next);
      }
      return refuse(
          call,
          Status.PERMISSION_DENIED.withDescription(
              caller.name() + " lacks the right " + needed.word()));
    } catch (UnknownCallerException e) {
      return refuse(call, Status.UNAUTHENTICATED.withDescription(e.getMessage()));
    }
  }

  private static <Q, A> ServerCall.Listener<Q> refuse(ServerCall<Q, A> call, Status status) {
    call.close(status, new Metadata());
    return new ServerCall.Listener<>() {};
  }

  private static @Nullable X509Certificate certificate(ServerCall<?, ?> call) {
    SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return null;
    }
    try {
      return session.getPeerCertificates()[0] instanceof X509Certificate first ? first : null;
    } catch (SSLPeerUnverifiedException e) {
      return null;
    }
  }
}
